/** Stands where something was that is nobody's to read. */
const HIDDEN = '[redacted]';

/** Of `postgres://user:password@host` and the like, who asks; what stands behind a `?` may be a token as well. */
const USERINFO = /([a-z][a-z0-9+.-]*:\/\/)[^\s"'\\/?#@]*@/gi;
const QUERY = /([a-z][a-z0-9+.-]*:\/\/[^\s"'\\?]*)\?[^\s"'\\]+/gi;
/** Of the header `Authorization`, the secrets of Standard Webhooks, and the API's own tokens. */
const BEARER = /\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi;
const SIGNING_SECRET = /\bwhsec_[A-Za-z0-9+/=]+/g;
const TOKEN = /\bsitrep_[A-Za-z0-9_-]{43}/g;

/** Variables that hold what must be known to nobody else, by their names. */
const SECRET_VARIABLE = /(?:KEY|KEY_DATA|TOKEN|PASSWORD|SECRET|HEADERS)$|_GRPC_META_/;
const OURS = /^(?:SITREP|TEMPORAL|OTEL|PG)/;
/** What is shorter is found in too many words. */
const LEAST = 6;

/** The secrets that a process was given by its environment. */
export function secretsOf(env: Record<string, string | undefined>): string[] {
  const named = Object.entries(env).flatMap(([name, value]) => {
    if (!value || !OURS.test(name) || !SECRET_VARIABLE.test(name)) return [];
    return name.endsWith('HEADERS') ? headerValues(value) : [value];
  });
  return [...named, ...passwordsOf(env.DATABASE_URL)].filter((secret) => secret.length >= LEAST);
}

/** Of `name=value,authorization=Bearer%20token`: each value, and what stands in it behind the scheme. */
function headerValues(headers: string): string[] {
  const values = headers.split(',').map((pair) => pair.slice(pair.indexOf('=') + 1).trim());
  return values.flatMap((value) => [value, decoded(value), decoded(value).split(' ').at(-1) ?? '']);
}

/** As it is written in the URL, and as it is meant. */
function passwordsOf(url: string | undefined): string[] {
  if (!url || !URL.canParse(url)) return [];
  const { password } = new URL(url);
  return [password, decoded(password)];
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/**
 * Takes out of lines of a log what is secret, whoever wrote it there: errors of drivers and of the system quote what they
 * were given. The known secrets wherever they stand, and whatever looks like one.
 */
export function redactor(secrets: readonly string[]): (line: string) => string {
  const known = [...new Set(secrets.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1)]))];
  return (line) => {
    const rest = known.reduce((text, secret) => text.replaceAll(secret, HIDDEN), line);
    return rest
      .replace(USERINFO, `$1${HIDDEN}@`)
      .replace(QUERY, `$1?${HIDDEN}`)
      .replace(BEARER, `$1 ${HIDDEN}`)
      .replace(SIGNING_SECRET, `whsec_${HIDDEN}`)
      .replace(TOKEN, `sitrep_${HIDDEN}`);
  };
}
