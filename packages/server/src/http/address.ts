/** Where a request comes from: what rate limits count by, keys are limited to, and records show. */
import { BlockList, isIP } from 'node:net';

const LISTENS_ON_BOTH = /^::ffff:(\d{1,3}(?:\.\d{1,3}){3})$/i;

/** IPv4 as IPv4, also where the socket wraps it into IPv6. */
const plainAddress = (text: string): string => LISTENS_ON_BOTH.exec(text)?.[1] ?? text;

export type Networks = { readonly has: (address: string) => boolean };

/** @param cidrs valid address ranges, such as `10.0.0.0/8` */
export const createNetworks = (cidrs: readonly string[]): Networks => {
  const list = new BlockList();
  for (const cidr of cidrs) {
    const [address = '', bits] = cidr.split('/');
    list.addSubnet(address, Number(bits), isIP(address) === 4 ? 'ipv4' : 'ipv6');
  }
  return {
    has: (text) => {
      const address = plainAddress(text);
      const version = isIP(address);
      return version !== 0 && list.check(address, version === 4 ? 'ipv4' : 'ipv6');
    },
  };
};

/**
 * The sender's address. What a request says about itself (`X-Forwarded-For`) counts only as far as proxies of ours wrote
 * it: from the right, the first address that is none of them.
 */
export const createAddressOf = (trustedProxies: readonly string[]) => {
  const ours = createNetworks(trustedProxies);
  return (peer: string, headers: Pick<Headers, 'get'>): string => {
    if (trustedProxies.length === 0 || !ours.has(peer)) return plainAddress(peer);
    const hops = (headers.get('x-forwarded-for') ?? '').split(',').map((hop) => plainAddress(hop.trim()));
    let sender = plainAddress(peer);
    for (const hop of hops.toReversed()) {
      // What is no address was written by somebody who is no proxy of ours.
      if (isIP(hop) === 0) return sender;
      sender = hop;
      if (!ours.has(hop)) return sender;
    }
    return sender;
  };
};
