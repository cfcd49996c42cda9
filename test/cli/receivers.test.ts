import { afterEach, describe, expect, test } from 'vitest';
import { sitrep } from './captured.ts';
import { type Answer, json, problem, type ScriptedApi, scriptedApi } from './scripted-api.ts';
import { attemptView, deliveryView, idOf, receiverView } from './views.ts';

let api: ScriptedApi | undefined;
afterEach(() => api?.close());

async function against(script: Answer[], ...args: string[]) {
  api = await scriptedApi(...script);
  return sitrep(args, { url: api.url });
}

function asked() {
  return api?.received.map(({ method, path, query, body }) => ({ method, path, query, body }));
}

const SECRET = 'whsec_W0tgyq2mnoAqLWCQ7FKgjyaRmAtLDgIe36yfAXW1wAo=';
const one = (fields = {}) => json(200, { items: [receiverView(fields)], nextCursor: null });
const none = json(200, { items: [], nextCursor: null });
const nothing: Answer = (_, __, response) => response.writeHead(204).end();

describe('receivers add', () => {
  const made = json(201, { ...receiverView(), secret: SECRET });

  test('sends what was said, and leaves the rest to the API', async () => {
    await against([made], 'receivers', 'add', 'watch', 'https://watch.example', '--subscribe', '**');
    expect(asked()).toEqual([
      {
        method: 'POST',
        path: '/v1/receivers',
        query: {},
        body: { name: 'watch', endpoint: 'https://watch.example', subscriptions: ['**'], enabled: true },
      },
    ]);
  });

  test('takes several patterns, a description, a schedule, and --disabled', async () => {
    const options = [
      '--subscribe',
      'a.*',
      '--subscribe',
      'test.**',
      '--description',
      'at night',
      '--disabled',
    ];
    const schedule = ['--retry-delays', '0,90s,5m,2h'];
    await against([made], 'receivers', 'add', 'watch', 'http://x', ...options, ...schedule);
    expect(api?.received[0]?.body).toMatchObject({
      subscriptions: ['a.*', 'test.**'],
      description: 'at night',
      enabled: false,
      retryDelays: [0, 90, 300, 7_200],
    });
  });

  test('prints the secret once, and says that it is not shown again', async () => {
    const { code, out } = await against([made], 'receivers', 'add', 'watch', 'http://x', '--subscribe', '**');
    expect(code).toBe(0);
    expect(out.split(SECRET)).toHaveLength(2);
    expect(out).toContain('not shown again');
  });

  test('-o json prints what the API answered', async () => {
    const { out, err } = await against([made], 'receivers', 'add', 'watch', 'http://x', '-o', 'json');
    expect(JSON.parse(out)).toEqual({ ...receiverView(), secret: SECRET });
    expect(err).toBe('');
  });

  test('says beside it when it is subscribed to nothing', async () => {
    const silent = json(201, { ...receiverView({ subscriptions: [] }), secret: SECRET });
    const { err } = await against([silent], 'receivers', 'add', 'watch', 'http://x');
    expect(err).toMatch(/hears of nothing until it subscribes: sitrep receivers update watch --subscribe/);
  });

  test('that is refused ends with 1, and says what about', async () => {
    const faults = [{ pointer: '/endpoint', detail: 'leads to 10.0.0.1' }];
    const refused = problem('invalid-body', 'One thing is wrong.', { faults });
    const { code, out, err } = await against([refused], 'receivers', 'add', 'watch', 'http://10.0.0.1');
    expect({ code, out }).toEqual({ code: 1, out: '' });
    expect(err).toMatch(/\/endpoint {2}leads to 10\.0\.0\.1/);
  });
});

describe('a receiver is named', () => {
  const secrets = json(200, { items: [] });

  test('by its id', async () => {
    await against(
      [json(200, receiverView()), secrets],
      'receivers',
      'show',
      idOf(300).toUpperCase(),
      '-o',
      'json',
    );
    expect(asked()).toMatchObject([{ path: `/v1/receivers/${idOf(300)}` }]);
  });

  test('by its name', async () => {
    const { out } = await against([one()], 'receivers', 'show', 'watch', '-o', 'json');
    expect(asked()).toMatchObject([{ path: '/v1/receivers', query: { name: 'watch' } }]);
    expect(JSON.parse(out)).toEqual(receiverView());
  });

  test('or not found', async () => {
    const { code, err } = await against([none], 'receivers', 'remove', 'nobody');
    expect(code).toBe(1);
    expect(err).toMatch(/No receiver is named nobody\.\n.*sitrep receivers list/);
    const asJson = await sitrep(['receivers', 'remove', 'nobody', '-o', 'json'], { url: api?.url ?? '' });
    expect(JSON.parse(asJson.err)).toMatchObject({ type: 'urn:sitrep:problem:not-found', status: 404 });
  });
});

describe('receivers update', () => {
  const update = (fields: object, ...options: string[]) =>
    against([one(), json(200, receiverView(fields))], 'receivers', 'update', 'watch', ...options);

  test('changes what was named, and nothing else', async () => {
    const { code } = await update({}, '--name', 'eve', '--endpoint', 'http://y', '--description', '');
    expect(code).toBe(0);
    expect(asked()?.[1]).toEqual({
      method: 'PATCH',
      path: `/v1/receivers/${idOf(300)}`,
      query: {},
      body: { name: 'eve', endpoint: 'http://y', description: '' },
    });
  });

  test('adds to what it is subscribed to, and takes from it, one by one: what another adds meanwhile stays', async () => {
    await update({}, '--subscribe', 'test.*', '--unsubscribe', '**', '--subscribe', 'a.*');
    const path = `/v1/receivers/${idOf(300)}`;
    expect(asked()?.slice(1)).toMatchObject([
      { method: 'POST', path: `${path}/subscriptions`, body: { subscription: 'test.*' } },
      { method: 'POST', path: `${path}/subscriptions`, body: { subscription: 'a.*' } },
      { method: 'DELETE', path: `${path}/subscriptions/**` },
      { method: 'GET', path },
    ]);
  });

  test('that takes away what somebody else has just taken away is content', async () => {
    const gone = problem('not-found', 'It is not subscribed to **.');
    const script = [one(), gone, json(200, receiverView({ subscriptions: [] }))];
    const { code } = await against(script, 'receivers', 'update', 'watch', '--unsubscribe', '**');
    expect(code).toBe(0);
  });

  test('refuses to take away what it is not subscribed to, and changes nothing', async () => {
    const { code, err } = await update({}, '--unsubscribe', 'a.*');
    expect(code).toBe(1);
    expect(err).toMatch(/watch is not subscribed to a\.\*\nIt is subscribed to \*\*/);
    expect(api?.received).toHaveLength(1);
  });

  test('disables, and says what became of the pending', async () => {
    const script = [one({ pending: 1_200 }), json(200, receiverView({ enabled: false }))];
    const { out } = await against(script, 'receivers', 'update', 'watch', '--disable');
    expect(api?.received[1]?.body).toEqual({ enabled: false });
    expect(out).toMatch(/the 1,200 deliveries that were pending are skipped/);
  });

  test('enables, and says how the skipped can be sent', async () => {
    const since = '2026-11-20T08:00:00.000000Z';
    const disabled = one({ enabled: false, disabledBecause: 'gone', timeDisabled: since });
    const script = [disabled, json(200, receiverView())];
    const { out } = await against(script, 'receivers', 'update', 'watch', '--enable');
    expect(api?.received[1]?.body).toEqual({ enabled: true });
    expect(out).toContain(`sitrep deliveries resend --failed --receiver watch --since ${since}`);
  });
});

test('receivers remove asks nothing, and says what it did', async () => {
  const { code, out } = await against([one({ pending: 1 }), nothing], 'receivers', 'remove', 'watch');
  expect(code).toBe(0);
  expect(out).toMatch(/^Receiver watch \(.*\) is removed, .* the delivery that was pending is not sent\.\n$/);
  expect(asked()?.[1]).toMatchObject({ method: 'DELETE', path: `/v1/receivers/${idOf(300)}` });
});

describe('receivers probe', () => {
  const probed = (fields: object, resent: string[] = []) =>
    json(200, { delivery: deliveryView({ trigger: 'probe' }), attempt: attemptView(fields), resent });

  test('that is accepted ends with 0', async () => {
    const script = [one(), probed({ outcome: 'delivered', status: 204 }, [idOf(1), idOf(2)])];
    const { code, out } = await against(
      script,
      'receivers',
      'probe',
      'watch',
      '--resend-since',
      '2026-11-20T00:00:00Z',
    );
    expect(code).toBe(0);
    expect(out).toMatch(/accepted after 42 ms\. It answered 204\.\n2 deliveries are sent again/);
    expect(asked()?.[1]).toMatchObject({
      path: `/v1/receivers/${idOf(300)}/probe`,
      query: { resendSince: '2026-11-20T00:00:00Z' },
    });
  });

  test.each([
    [{}, /not accepted after 42 ms\. It answered 500\./],
    [
      { status: 302, detail: 'Redirects are not followed.' },
      /It answered 302\. Redirects are not followed\./,
    ],
    [{ status: null, outcome: 'unreachable', detail: 'ECONNREFUSED' }, /Nothing listens there\./],
  ])('that is not accepted (%j) is data, and ends with 1', async (fields, words) => {
    const { code, out, err } = await against([one(), probed(fields)], 'receivers', 'probe', 'watch');
    expect({ code, err }).toEqual({ code: 1, err: '' });
    expect(out).toMatch(words);
  });
});

test('receivers rotate-secret keeps the one before for a day unless told otherwise, and shows the new one once', async () => {
  const rotated = json(201, {
    id: idOf(5),
    timeCreated: '2026-11-20T08:10:28Z',
    timeExpires: null,
    secret: SECRET,
  });
  const { out } = await against([one(), rotated], 'receivers', 'rotate-secret', 'watch');
  expect(api?.received[1]).toMatchObject({
    path: `/v1/receivers/${idOf(300)}/secrets`,
    body: { keepSeconds: 86_400 },
  });
  expect(out.split(SECRET)).toHaveLength(2);
  expect(out).toMatch(/not shown again.*For 1d, deliveries are signed with the one before it as well/s);
  await api?.close();
  const without = await against([one(), rotated], 'receivers', 'rotate-secret', 'watch', '--keep', '0s');
  expect(api?.received[1]?.body).toEqual({ keepSeconds: 0 });
  expect(without.out).toMatch(/No other signs any more/);
});

describe('deliveries', () => {
  test('are listed by state, receiver and alert', async () => {
    const page = { items: [deliveryView()], nextCursor: null };
    const options = ['--state', 'failed', '--receiver', 'watch', '--alert', idOf(200), '-o', 'json'];
    const { out } = await against([one(), json(200, page)], 'deliveries', 'list', ...options);
    expect(JSON.parse(out)).toEqual(page);
    expect(asked()?.[1]).toMatchObject({
      path: '/v1/deliveries',
      query: { state: 'failed', receiverId: idOf(300), alertId: idOf(200) },
    });
    await api?.close();
    expect((await against([none], 'deliveries', 'list')).out).toBe('No deliveries yet.\n');
  });

  test('are shown with their attempts', async () => {
    const script: Answer = (received, ...rest) => {
      const attempts = json(200, { items: [attemptView()] });
      (received.path.endsWith('/attempts') ? attempts : json(200, deliveryView()))(received, ...rest);
    };
    const { out } = await against([script], 'deliveries', 'show', idOf(400), '-o', 'json');
    expect(JSON.parse(out)).toEqual({ delivery: deliveryView(), attempts: [attemptView()] });
  });

  test('are sent again: one', async () => {
    const { out } = await against([json(201, { deliveryIds: [idOf(7)] })], 'deliveries', 'resend', idOf(400));
    expect(asked()).toMatchObject([{ method: 'POST', path: `/v1/deliveries/${idOf(400)}/resend` }]);
    expect(out).toBe(`1 delivery is on the way:\n  ${idOf(7)}\n`);
  });

  test('are sent again: all that failed since a time, or a while ago', async () => {
    const script = [one(), json(201, { deliveryIds: [] })];
    const args = ['deliveries', 'resend', '--failed', '--receiver', 'watch', '--since'];
    const { code, out } = await against(script, ...args, '2h');
    expect(code).toBe(0);
    expect(out).toMatch(/Nothing has failed or was skipped since then/);
    expect(api?.received[1]?.path).toBe(`/v1/receivers/${idOf(300)}/resend`);
    const since = Date.parse(api?.received[1]?.query.since ?? '');
    expect(Math.abs(Date.now() - 7_200_000 - since)).toBeLessThan(600_000);
    await api?.close();
    await against(script, ...args, '2026-11-20T09:00:00+01:00');
    expect(api?.received[1]?.query).toEqual({ since: '2026-11-20T09:00:00+01:00' });
  });

  test('that cannot be sent again are refused', async () => {
    const refused = problem('not-resendable', 'It is still pending, and will be sent anyhow.');
    const { code, err } = await against([refused], 'deliveries', 'resend', idOf(400));
    expect(code).toBe(1);
    expect(err).toMatch(/cannot be sent again\nIt is still pending/);
  });
});
