import { spawn, type ChildProcess } from 'node:child_process';
import { simulate } from '../../unit/simulator/support';

interface Ended {
	code: number | null;
	output: string;
}

function run(...flags: string[]): { child: ChildProcess; ended: Promise<Ended> } {
	const args = ['--import', 'tsx', 'simulator/cli.ts', ...flags];
	const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'pipe'] });
	let output = '';
	child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
	child.stderr.on('data', (chunk: Buffer) => (output += chunk.toString()));
	const ended = new Promise<Ended>((resolve) => {
		child.on('close', (code) => resolve({ code, output }));
	});
	return { child, ended };
}

test.each(['SIGINT', 'SIGTERM'] as const)(
	'prints its address once it listens, and stops on %s',
	async (signal) => {
		const { child, ended } = run('--port', '0', '--channels', '2', '--token', 'user:2-other');
		const line = await new Promise<string>((resolve) => {
			child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString()));
		});
		const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? '';
		const headers = { authorization: 'Bearer user:2-other' };
		const response = await fetch(`${url}/v1/faceswap/account`, { headers });
		expect(Object.keys((await response.json()) as object)).toHaveLength(2);
		child.kill(signal);
		expect((await ended).code).toBe(0);
	},
);

test('shows its options', async () => {
	const { code, output } = await run('--help').ended;
	expect(code).toBe(0);
	expect(output).toContain('--port <number>');
});

test.each([
	[['--channels', 'many'], '--channels takes a whole number'],
	[['--colour', 'red'], "Unknown option '--colour'"],
])('explains the bad flags %j in one line', async (flags, words) => {
	const { code, output } = await run(...flags).ended;
	expect(code).toBe(1);
	expect(output).toContain(words);
	expect(output.trim().split('\n')).toHaveLength(1);
});

test('explains a taken port in one line', async () => {
	const { port } = new URL((await simulate()).url);
	const { code, output } = await run('--port', port).ended;
	expect(code).toBe(1);
	expect(output).toBe(`Port ${port} is taken; choose another one with --port\n`);
});
