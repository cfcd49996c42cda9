import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ApiClient, type ServiceInfo } from '../../src/cli/api-client.ts';
import { tokenOf } from '../../src/cli/own-token.ts';
import { readSettings } from '../../src/model/settings.ts';

/** A Sitrep to tell the story with. */
export interface Stack {
  client: ApiClient;
  info: ServiceInfo;
  isTemporary: boolean;
  /** Ends what was started for the story, and deletes its data. */
  close(): Promise<void>;
}

const SITREP = fileURLToPath(new URL('../../bin/sitrep.mjs', import.meta.url));

/** The Sitrep that runs, or else a temporary one. */
export async function openStack(say: (line: string) => void): Promise<Stack> {
  const settings = readSettings(process.env);
  const { SITREP_URL: url } = settings;
  const client = new ApiClient(url, {}, tokenOf(settings));
  const reply = await client.request<ServiceInfo>('/v1/info');
  if (reply.kind === 'answer' && reply.value?.service === 'sitrep') {
    say(`The Sitrep at ${url} is used; this adds to its history.`);
    return { client, info: reply.value, isTemporary: false, close: async () => {} };
  }
  if (reply.kind === 'problem' && reply.status === 401) throw client.failureOf(reply);
  say(`No Sitrep runs at ${url}, so a temporary one is started. It leaves nothing behind.`);
  return startTemporary();
}

async function startTemporary(): Promise<Stack> {
  const folder = await mkdtemp(join(tmpdir(), 'sitrep-demo-'));
  // Postgres may run as a user of its own, who has to get through to its folder.
  await chmod(folder, 0o755);
  const child = spawn(process.execPath, [SITREP, 'up', '-o', 'json'], {
    env: await environmentOf(folder),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const close = async () => {
    child.kill('SIGTERM');
    await ended;
    await rm(folder, { recursive: true, force: true });
  };
  try {
    const { url, dataDir } = await announcementOf(child);
    const settings = readSettings({ SITREP_URL: url, SITREP_DATA_DIR: dataDir });
    const client = new ApiClient(url, {}, tokenOf(settings));
    return { client, info: await client.info(), isTemporary: true, close };
  } catch (error) {
    await close();
    throw error;
  }
}

/** Servers that the environment names are somebody's own: this stack shall touch none of them. */
async function environmentOf(folder: string): Promise<NodeJS.ProcessEnv> {
  const profile = join(folder, 'temporal.toml');
  await writeFile(profile, '[profile.default]\n');
  const own = Object.entries(process.env).filter(
    ([name]) => name !== 'DATABASE_URL' && !name.startsWith('TEMPORAL_'),
  );
  return {
    ...Object.fromEntries(own),
    TEMPORAL_CONFIG_FILE: profile,
    SITREP_DATA_DIR: join(folder, 'data'),
    SITREP_LISTEN: '127.0.0.1:0',
  };
}

/** What `sitrep up -o json` prints once everything runs. */
async function announcementOf(child: ChildProcess): Promise<Announcement> {
  let printed = '';
  for await (const chunk of child.stdout as NodeJS.ReadableStream) {
    printed += chunk;
    const announcement = announcementIn(printed);
    if (announcement !== null) return announcement;
  }
  throw new Error('The temporary Sitrep did not start.');
}

interface Announcement {
  url: string;
  dataDir: string;
}

function announcementIn(printed: string): Announcement | null {
  try {
    return JSON.parse(printed) as Announcement;
  } catch {
    return null;
  }
}
