/** The commands that need no n8n, as processes of their own. */
import { spawn, type ChildProcess } from 'node:child_process';
import { startSimulator } from '../../../simulator';

interface Ended {
	exitCode: number | null;
	/** What it printed on both streams, without blanks around it. */
	all: string;
}

function start(args: string[], env: NodeJS.ProcessEnv = {}) {
	const options = { stdio: 'pipe' as const, env: { ...process.env, ...env } };
	const child: ChildProcess = spawn(process.execPath, args, options);
	let all = '';
	for (const stream of [child.stdout, child.stderr])
		stream?.on('data', (chunk: Buffer) => (all += chunk.toString()));
	const ended = new Promise<Ended>((resolve) => {
		child.on('close', (exitCode) => resolve({ exitCode, all: all.trim() }));
	});
	return { child, ended };
}

const startCommand = (...flags: string[]) =>
	start(['--import', 'tsx', 'simulator/cli.ts', ...flags]);

const simulator = async (...flags: string[]) => await startCommand(...flags).ended;

const conformance = async (...flags: string[]) =>
	await start(['conformance/run.mjs', ...flags], { USEAPI_TOKEN: '' }).ended;

describe('npm run simulator', () => {
	it('prints its address once it listens, and stops on a signal', async () => {
		const running = startCommand('--port', '0', '--channels', '2', '--token', 'user:2-other');
		const line = await new Promise<string>((resolve) => {
			running.child.stdout?.once('data', (chunk: Buffer) => resolve(chunk.toString()));
		});
		const url = /http:\/\/127\.0\.0\.1:\d+/.exec(line)?.[0] ?? '';
		const headers = { authorization: 'Bearer user:2-other' };
		const response = await fetch(`${url}/v1/faceswap/account`, { headers });
		expect(Object.keys((await response.json()) as object)).toHaveLength(2);
		running.child.kill('SIGTERM');
		expect((await running.ended).exitCode).toBe(0);
	});

	it('shows its options', async () => {
		const { exitCode, all } = await simulator('--help');
		expect(exitCode).toBe(0);
		expect(all).toContain('--port <number>');
	});

	it.each([
		[['--channels', 'many'], '--channels takes a whole number'],
		[['--colour', 'red'], "Unknown option '--colour'"],
	])('explains the bad flags %j in one line', async (flags, words) => {
		const { exitCode, all } = await simulator(...flags);
		expect(exitCode).toBe(1);
		expect(all).toContain(words);
		expect(all.split('\n')).toHaveLength(1);
	});

	it('explains a taken port in one line', async () => {
		const other = await startSimulator();
		const { port } = new URL(other.url);
		const { exitCode, all } = await simulator('--port', port);
		await other.close();
		expect(exitCode).toBe(1);
		expect(all).toBe(`Port ${port} is taken; choose another one with --port`);
	});
});

describe('npm run conformance', () => {
	it('without a token says so, and exits with code 2', async () => {
		const { exitCode, all } = await conformance();
		expect(exitCode).toBe(2);
		expect(all).toMatch(/^npm run conformance .* environment variable USEAPI_TOKEN/);
		expect(all).not.toContain('    at ');
	});

	it('says what it costs', async () => {
		const { exitCode, all } = await conformance('--help');
		expect(exitCode).toBe(0);
		expect(all).toContain('--spend <credits>');
	});
});
