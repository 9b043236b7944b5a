import { isLoopback, isPrivate } from '../../nodes/InsightFaceSwap/files/download';

test.each([
	'127.0.0.1',
	'127.9.9.9',
	'2130706433',
	'0x7f.1',
	'0.0.0.0',
	'10.1.2.3',
	'100.64.0.1',
	'100.127.255.255',
	'169.254.169.254',
	'172.16.0.1',
	'172.31.255.255',
	'192.168.1.1',
	'[::]',
	'[::1]',
	'[::ffff:10.0.0.1]',
	'[::ffff:8.8.8.8]',
	'[fc00::1]',
	'[fd12:3456::1]',
	'[fe80::1]',
	'[febf::1]',
	'localhost',
	'LOCALHOST.',
	'api.localhost',
	'printer.local',
	'metadata.google.internal',
])('%s is private', (host) => {
	expect(isPrivate(`https://${host}:8443/a.png`)).toBe(true);
});

test.each([
	'cdn.discordapp.com',
	'8.8.8.8',
	'100.63.255.255',
	'100.128.0.1',
	'172.32.0.1',
	'11.0.0.1',
	'[2606:4700::1111]',
	'fc00.example.com',
	'localhost.example.com',
	'notlocal',
])('%s is public', (host) => {
	expect(isPrivate(`https://${host}/a.png`)).toBe(false);
});

test.each([
	['http://127.0.0.1:4010', true],
	['http://localhost:4010', true],
	['http://[::1]:4010', true],
	['http://192.168.1.1', false],
	['http://127.example.com', false],
	['https://api.useapi.net', false],
])('%s: on this machine is %s', (url, loopback) => {
	expect(isLoopback(url)).toBe(loopback);
});
