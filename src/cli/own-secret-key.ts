import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { newSecretKey } from '../webhook/secret-box.ts';

/** The key of a local stack, made once, beside the data that it is for; only its owner may read it. */
export async function ownSecretKey(dataDir: string): Promise<string> {
  const file = join(dataDir, 'secret-key');
  try {
    return await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    const key = newSecretKey();
    await writeFile(file, key, { mode: 0o600, flag: 'wx' });
    return key;
  }
}
