const PRIVATE_NAMES = /(^|\.)(localhost|local|internal)$/;

/** The private IPv4 networks: this host, RFC 1918, carrier-grade NAT, loopback and link-local. */
const PRIVATE_IPV4: Array<[network: string, bits: number]> = [
	['0.0.0.0', 8],
	['10.0.0.0', 8],
	['100.64.0.0', 10],
	['127.0.0.0', 8],
	['169.254.0.0', 16],
	['172.16.0.0', 12],
	['192.168.0.0', 16],
];

/**
 * Whether the host of an http(s) address is in a private network. It checks the address only: a
 * public name that resolves to a private address counts as public.
 */
export function isPrivate(url: string): boolean {
	const host = hostOf(url);
	return PRIVATE_NAMES.test(host) || inPrivateIpv4(ipv4Of(host)) || isPrivateIpv6(host);
}

/** Whether the host of an http(s) address is this machine. */
export function isLoopback(url: string): boolean {
	const host = hostOf(url);
	return host === 'localhost' || host === '::1' || /^127\./.test(ipv4Of(host) ?? '');
}

/** `URL` normalises IPv4 addresses to four decimal numbers, and IPv6 addresses to their short form. */
const hostOf = (url: string): string => new URL(url).hostname.replace(/^\[|\]$|\.$/g, '');

/** The IPv4 address of a host, also one that is mapped into IPv6. */
function ipv4Of(host: string): string | undefined {
	if (/^\d+\.\d+\.\d+\.\d+$/.test(host)) return host;
	const mapped = /^::ffff:([\da-f]{1,4}):([\da-f]{1,4})$/.exec(host);
	if (!mapped) return undefined;
	return mapped
		.slice(1)
		.map((group) => parseInt(group, 16))
		.flatMap((pair) => [pair >> 8, pair & 255])
		.join('.');
}

const inPrivateIpv4 = (ip: string | undefined): boolean =>
	ip !== undefined &&
	PRIVATE_IPV4.some(([network, bits]) => prefix(ip, bits) === prefix(network, bits));

const prefix = (ip: string, bits: number): string =>
	ip
		.split('.')
		.map((byte) => Number(byte).toString(2).padStart(8, '0'))
		.join('')
		.slice(0, bits);

/** `::`, `::1`, fc00::/7 and fe80::/10. */
const isPrivateIpv6 = (host: string): boolean =>
	host === '::' || host === '::1' || /^(f[cd][\da-f]{2}|fe[89ab][\da-f]):/.test(host);
