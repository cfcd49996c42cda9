import { describe, expect, test } from 'vitest';
import { AddressPolicy } from '../../src/webhook/address-policy.ts';

const policy = new AddressPolicy();

describe('nothing may be sent to', () => {
  test.each([
    ['unspecified', ['0.0.0.0', '0.1.2.3', '0.255.255.255', '::', '0:0:0:0:0:0:0:0']],
    ['loopback', ['127.0.0.1', '127.0.0.0', '127.255.255.255', '::1', '0:0:0:0:0:0:0:1']],
    [
      'private',
      ['10.0.0.0', '10.255.255.255', '172.16.0.1', '172.31.255.255', '192.168.0.1', '192.168.255.255'],
    ],
    ['shared', ['100.64.0.0', '100.100.100.200', '100.127.255.255']],
    ['link-local', ['169.254.0.1', '169.254.169.254', '169.254.170.2', 'fe80::1', 'febf::1', 'fe80::1%eth0']],
    ['unique-local', ['fc00::1', 'fd00:ec2::254', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff']],
    ['site-local', ['fec0::1']],
    ['multicast', ['224.0.0.1', '239.255.255.255', 'ff02::1', 'ff0e::1']],
    ['broadcast', ['255.255.255.255']],
    ['documentation', ['192.0.2.1', '198.51.100.1', '203.0.113.255', '2001:db8::1', '3fff::1']],
    ['benchmarking', ['198.18.0.1', '198.19.255.255', '2001:2::1']],
    ['reserved', ['192.0.0.1', '192.0.0.192', '240.0.0.1', '4000::1', '5f00::1', '1::1', '100::1']],
    ['metadata', ['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '192.0.0.192', '168.63.129.16']],
    ['NAT64', ['64:ff9b::7f00:1', '64:ff9b::127.0.0.1', '64:ff9b::8.8.8.8', '64:ff9b:1::a00:1']],
    ['6to4', ['2002:7f00:1::', '2002:a00:1::1', '2002:808:808::1', '192.88.99.1']],
    ['Teredo', ['2001::1', '2001:0:4136:e378:8000:63bf:3fff:fdd2']],
    ['IPv4 in IPv6', ['::ffff:127.0.0.1', '::ffff:7f00:1', '::FFFF:10.0.0.1', '::ffff:169.254.169.254']],
    ['IPv4-compatible', ['::127.0.0.1', '::7f00:1', '::10.0.0.1', '::8.8.8.8']],
    ['IPv4-translated', ['::ffff:0:127.0.0.1', '::ffff:0:808:808']],
    ['metadata in IPv6', ['::ffff:168.63.129.16', '::ffff:a83f:8110']],
    ['spelled otherwise', ['2130706433', '0x7f000001', '0177.0.0.1', '127.1', '0x7f.1', '0']],
    [
      'no address',
      ['', 'localhost', '127.0.0.1.', '[::1]', ' 127.0.0.1', '1.2.3.4/32', '999.1.1.1', 'example.com'],
    ],
  ])('%s', (_, addresses) => {
    expect(addresses.filter((address) => policy.allows(address))).toEqual([]);
  });
});

test.each([
  '8.8.8.8',
  '1.0.0.0',
  '9.255.255.255',
  '11.0.0.0',
  '100.63.255.255',
  '100.128.0.0',
  '126.255.255.255',
  '128.0.0.0',
  '168.63.129.15',
  '169.253.255.255',
  '169.255.0.0',
  '172.15.255.255',
  '172.32.0.0',
  '192.167.255.255',
  '192.169.0.0',
  '198.17.255.255',
  '198.20.0.0',
  '223.255.255.255',
  '2606:4700:4700::1111',
  '2a00:1450:4001::1',
  '::ffff:8.8.8.8',
])('the public %s may be sent to', (address) => {
  expect(policy.allows(address)).toBe(true);
});

describe('an allow-list opens', () => {
  test.each([
    [
      '10.1.0.0/16',
      ['10.1.0.0', '10.1.255.255', '::ffff:10.1.2.3'],
      ['10.0.255.255', '10.2.0.0', '127.0.0.1'],
    ],
    ['10.1.2.3/32', ['10.1.2.3'], ['10.1.2.2', '10.1.2.4']],
    [
      '127.0.0.1/32',
      ['127.0.0.1', '::ffff:127.0.0.1'],
      ['127.0.0.2', '::1', '::127.0.0.1', '64:ff9b::7f00:1'],
    ],
    ['::1/128', ['::1', '0:0:0:0:0:0:0:1'], ['127.0.0.1', '::2', '::']],
    ['fd12:3456::/32', ['fd12:3456::1'], ['fd12:3457::1', 'fc00::1']],
    ['fe80::/10', ['fe80::1', 'fe80::1%eth0'], ['fec0::1']],
    [
      '0.0.0.0/0',
      ['127.0.0.1', '10.0.0.1', '0.0.0.0'],
      ['::1', 'fd00::1', '64:ff9b::7f00:1', '2002:7f00:1::'],
    ],
    [' 10.1.0.0/16 ', ['10.1.0.1'], ['10.2.0.1']],
  ])('with %s exactly that', (cidr, open, closed) => {
    const opened = new AddressPolicy([cidr]);
    expect(open.filter((address) => !opened.allows(address))).toEqual([]);
    expect(closed.filter((address) => opened.allows(address))).toEqual([]);
  });

  test('several, beside the public internet', () => {
    const opened = new AddressPolicy(['127.0.0.0/8', '::1/128']);
    for (const address of ['127.0.0.1', '::1', '8.8.8.8']) expect(opened.allows(address)).toBe(true);
    expect(opened.allows('10.0.0.1')).toBe(false);
  });

  test.each(['10.0.0.1', '10.0.0.0/33', 'localhost', '10.0.0.0/-1', '::1/129', 'example.com/8', '/8'])(
    'nothing with %s, which is refused by name',
    (cidr) => {
      expect(() => new AddressPolicy([cidr])).toThrow(
        `SITREP_WEBHOOK_ALLOW has ${cidr}, which is not a CIDR`,
      );
    },
  );
});
