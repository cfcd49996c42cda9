import { globRegex } from '../model/class-glob.ts';

/** Whether a class of ereports is one of those that the globs stand for. */
export function classMatcher(globs: readonly string[]): (name: string) => boolean {
  const pattern = new RegExp(`^(?:${globs.map(globRegex).join('|')})$`);
  return (name) => globs.length > 0 && pattern.test(name);
}
