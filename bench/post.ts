import { Agent, request } from 'undici';

/** Posts as Sitrep does, by the same client, and nothing beside it: no policy for addresses, no record. */
export class Post {
  readonly #agent = new Agent();
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** Returns the status of the answer. */
  async send(headers: Record<string, string>, body: string): Promise<number> {
    const answer = await request(this.#url, {
      dispatcher: this.#agent,
      method: 'POST',
      headers: { 'content-type': 'application/json', 'user-agent': 'Sitrep', ...headers },
      body,
    });
    await answer.body.dump();
    return answer.statusCode;
  }

  async close(): Promise<void> {
    await this.#agent.close();
  }
}
