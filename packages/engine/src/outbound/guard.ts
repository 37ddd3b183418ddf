/**
 * Which addresses our own process may call on behalf of a workspace. A tool URL, a model's base URL or
 * an MCP server is chosen by a member, and the server stands inside a network whose private
 * services trust it: without this guard every such field is a way in (server-side request forgery).
 */
import { networkInterfaces } from 'node:os';
import ipaddr from 'ipaddr.js';
import type { OutboundProblem } from './outbound-error.ts';

export type OutboundPolicy = {
  /** Ranges that the operator (never a workspace's admin) allows although they are private. */
  allowCidrs: string[];
  /** Ports of this very installation (API, embedded database): never reached on this machine. */
  ownPorts: number[];
  /** Public origins of this installation, such as `https://countersign.example.com`: never called. */
  ownOrigins?: string[];
  /** Ports denied everywhere, beside the built-in list. */
  deniedPorts?: number[];
};

type Address = ipaddr.IPv4 | ipaddr.IPv6;
type Range = [Address, number];

/** A policy with its ranges parsed; made once, at start. */
export type Guard = {
  allowed: Range[];
  ownPorts: Set<number>;
  ownOrigins: Set<string>;
  deniedPorts: Set<number>;
};

export type Destination = { protocol: string; port: number };

// Services that hand out their host's credentials to whoever can reach them. No setting opens these.
const METADATA = [
  '169.254.0.0/16', // AWS, Azure, Google, DigitalOcean, OpenStack and others; all of IPv4 link-local
  '100.100.100.200/32', // Alibaba Cloud
  '168.63.129.16/32', // Azure's wire server, a public address
  '192.0.0.192/32', // Oracle Cloud
  'fd00:ec2::/32', // AWS
  'fd20:ce::254/128', // Google Cloud
  'fd00:42::42/128', // Scaleway
  'fe80::/10', // all of IPv6 link-local
].map((cidr): Range => ipaddr.parseCIDR(cidr));

// Inside 2000::/3 but not the public internet (IANA IPv6 special-purpose registry).
const SPECIAL_IPV6 = [
  '2001::/23', // protocol assignments: Teredo, ORCHID, benchmarking
  '2001:db8::/32', // documentation
  '2002::/16', // 6to4: carries any IPv4 address inside
  '2620:4f:8000::/48', // AS112
  '3fff::/20', // documentation
].map((cidr): Range => ipaddr.parseCIDR(cidr));

const GLOBAL_UNICAST: Range = ipaddr.parseCIDR('2000::/3');
const NAT64: Range = ipaddr.parseCIDR('64:ff9b::/96');
const SIX_TO_FOUR: Range = ipaddr.parseCIDR('2002::/16');

// Daemons that act on anything that looks like a command, and never are an HTTP tool.
const DENIED_PORTS = [1433, 1521, 2049, 2375, 2376, 2379, 3306, 5432, 6379, 10250, 11211, 27017];

/** Parses a policy. Throws on a malformed range or origin: that is the operator's setting, at start. */
export const compileGuard = (policy: OutboundPolicy): Guard => ({
  allowed: policy.allowCidrs.map((cidr) => ipaddr.parseCIDR(cidr)),
  ownPorts: new Set(policy.ownPorts),
  ownOrigins: new Set((policy.ownOrigins ?? []).map((origin) => new URL(origin).origin)),
  deniedPorts: new Set([...DENIED_PORTS, ...(policy.deniedPorts ?? [])]),
});

const isIn = (address: Address, [base, bits]: Range): boolean =>
  address.kind() === base.kind() && address.match([base, bits] as [ipaddr.IPv4, number]);

const isAnyOf = (address: Address, ranges: Range[]): boolean => ranges.some((range) => isIn(address, range));

/** IPv4 addresses carried inside an IPv6 one, which a translating router would deliver to. */
const embeddedAddresses = (address: Address): Address[] => {
  const bytes = address.toByteArray();
  if (isIn(address, NAT64)) return [ipaddr.fromByteArray(bytes.slice(12))];
  if (isIn(address, SIX_TO_FOUR)) return [ipaddr.fromByteArray(bytes.slice(2, 6))];
  return [];
};

const isPublic = (address: Address): boolean =>
  address.kind() === 'ipv4'
    ? address.range() === 'unicast'
    : isIn(address, GLOBAL_UNICAST) && !isAnyOf(address, SPECIAL_IPV6);

const isThisMachine = (address: Address): boolean => {
  if (address.range() === 'loopback' || address.range() === 'unspecified') return true;
  const text = address.toString();
  return Object.values(networkInterfaces()).some((entries) =>
    entries?.some((entry) => {
      const [withoutZone = ''] = entry.address.split('%');
      return ipaddr.isValid(withoutZone) && ipaddr.process(withoutZone).toString() === text;
    }),
  );
};

const denied = (detail: string): OutboundProblem => ({ code: 'address_denied', detail });
const invalid = (detail: string): OutboundProblem => ({ code: 'url_invalid', detail });

/** Judges one IP address, in any textual form; `null` means it may be connected to. */
export const checkAddress = (text: string, destination: Destination, guard: Guard): OutboundProblem | null => {
  const [withoutZone = ''] = text.split('%');
  if (!ipaddr.isValid(withoutZone)) return denied(`${text} is not an IP address`);
  // `process` unwraps ::ffff:127.0.0.1, which would slip through IPv6 rules.
  const address = ipaddr.process(withoutZone);
  const name = address.toString();

  if ([address, ...embeddedAddresses(address)].some((each) => isAnyOf(each, METADATA)))
    return denied(`${name} is a link-local or metadata address and is never called`);
  // An agent must not reach our own API: it would act with the network position of the server itself.
  if (guard.ownPorts.has(destination.port) && isThisMachine(address))
    return denied(`${name}:${destination.port} is this installation itself`);
  // 0.0.0.0 and :: reach loopback on Linux, whatever the loopback rule says.
  if (address.range() === 'unspecified') return denied(`${name} is not a destination`);
  if (isAnyOf(address, guard.allowed)) return null;
  if (!isPublic(address)) return denied(`${name} is not a public address (${address.range()})`);
  if (destination.protocol === 'http:') return denied(`${name} is outside the allowed ranges, so https is required`);
  return null;
};

const checkPort = (port: number, guard: Guard): OutboundProblem | null => {
  if (guard.deniedPorts.has(port)) return denied(`port ${port} is not allowed`);
  if (port !== 80 && port !== 443 && port < 1024)
    return denied(`port ${port} is not allowed; use 80, 443, or 1024 and above`);
  return null;
};

/** The port a URL leads to, its scheme's own where none is written. */
export const portOf = (url: { protocol: string; port: string }): number =>
  url.port === '' ? (url.protocol === 'https:' ? 443 : 80) : Number(url.port);

/** A URL's host without the brackets of IPv6 and the dot of a fully qualified name. */
export const hostOf = (hostname: string): string => hostname.replace(/^\[|\]$/g, '').replace(/\.$/, '');

/** Everything that can be said about a URL without asking the name service. */
export const checkUrlWithGuard = (input: string, guard: Guard): OutboundProblem | null => {
  if (!URL.canParse(input)) return invalid('the URL is malformed');
  // The WHATWG parser turns decimal, octal, hexadecimal, short and full-width forms into dotted IPv4.
  const url = new URL(input);
  if (url.protocol !== 'https:' && url.protocol !== 'http:') return invalid('only http and https are called');
  if (url.username !== '' || url.password !== '')
    return invalid('the URL may not carry a user name or password; use a header with a secret');
  const host = hostOf(url.hostname);
  if (host === '') return invalid('the URL names no host');
  if (guard.ownOrigins.has(url.origin)) return denied(`${url.origin} is this installation itself`);

  const destination = { protocol: url.protocol, port: portOf(url) };
  const portProblem = checkPort(destination.port, guard);
  if (portProblem) return portProblem;
  if (ipaddr.isValid(host)) return checkAddress(host, destination, guard);
  // RFC 6761: these names mean loopback, whatever a resolver says.
  if (host === 'localhost' || host.endsWith('.localhost')) return checkAddress('127.0.0.1', destination, guard);
  if (destination.protocol === 'http:' && guard.allowed.length === 0)
    return denied('plain http is only for ranges that the operator allows; use https');
  return null;
};

/**
 * Checks a URL when it is saved: a literal private address is refused at once, while a name is
 * resolved and checked at each call, because what it resolves to can change.
 */
export const checkUrl = (url: string, policy: OutboundPolicy): OutboundProblem | null =>
  checkUrlWithGuard(url, compileGuard(policy));
