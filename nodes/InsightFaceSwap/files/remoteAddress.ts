/** Names of private networks, and the addresses of their hosts as `URL` normalises them. */
const PRIVATE = [
	/(^|\.)(localhost|local|internal)$/,
	// This host, RFC 1918, loopback, link-local and carrier-grade NAT.
	/^(0|10|127|169\.254|192\.168|172\.(1[6-9]|2\d|3[01]))\.[\d.]+$/,
	/^100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])\.[\d.]+$/,
	// fc00::/7, fe80::/10, `::`, `::1`, and each IPv4 address that is mapped into IPv6.
	/^(f[cd][\da-f]{2}|fe[89ab][\da-f]):/,
	/^::(1$|ffff:|$)/,
];

/**
 * Whether the host of an http(s) address is in a private network. It checks the address only: a
 * public name that resolves to a private address counts as public.
 */
export const isPrivate = (url: string): boolean => PRIVATE.some((hosts) => hosts.test(hostOf(url)));

/** Whether the host of an http(s) address is this machine. */
export const isLoopback = (url: string): boolean =>
	/^(localhost|::1|127\.[\d.]+)$/.test(hostOf(url));

const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$|\.$/g, '');
