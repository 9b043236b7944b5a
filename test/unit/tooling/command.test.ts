import { outputOf, run } from '../../../tooling/n8n/command';
import { freePort } from '../../../tooling/n8n/ports';

const options = { cwd: __dirname, limitMs: 60_000 };
const node = (code: string, limitMs = options.limitMs) =>
	run(process.execPath, ['-e', code], { ...options, limitMs });

describe('a program that is run', () => {
	it('shows what it printed, on both streams', async () => {
		expect(await node('console.log("one"); console.error("two")')).toEqual({
			hasFailed: false,
			stdout: 'one\n',
			output: expect.stringMatching(/^(one\ntwo|two\none)\n$/),
		});
	});

	it('has failed where its exit code says so', async () => {
		const { hasFailed, output } = await node('console.error("why"); process.exit(3)');
		expect({ hasFailed, output }).toEqual({ hasFailed: true, output: 'why\n' });
	});

	it('is ended after its time', async () => {
		const { hasFailed, output } = await node('setInterval(() => {}, 1000)', 500);
		expect(hasFailed).toBe(true);
		expect(output).toContain('SIGTERM');
	});

	it('has failed where it does not exist', async () => {
		const { hasFailed, output } = await run('no-such-program', [], options);
		expect(hasFailed).toBe(true);
		expect(output).toContain('ENOENT');
	});

	it('throws its words where its output was asked for', async () => {
		const args = ['-e', 'console.error("why"); process.exit(1)'];
		await expect(outputOf(process.execPath, args, options)).rejects.toThrow('why');
	});
});

test('a free port is given once', async () => {
	const ports = await Promise.all(Array.from({ length: 20 }, async () => await freePort()));
	expect(new Set(ports).size).toBe(20);
	expect(await freePort(ports[0])).not.toBe(ports[0]);
});
