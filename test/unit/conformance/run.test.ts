import execa from 'execa';

const run = async (...args: string[]) =>
	await execa('node', ['conformance/run.mjs', ...args], {
		env: { USEAPI_TOKEN: '' },
		reject: false,
		all: true,
	});

test('without a token, npm run conformance says so and exits with code 2', async () => {
	const { exitCode, all } = await run();
	expect(exitCode).toBe(2);
	expect(all).toMatch(/^npm run conformance .* environment variable USEAPI_TOKEN/);
	expect(all).not.toContain('    at ');
});

test('--help says what it costs', async () => {
	const { exitCode, all } = await run('--help');
	expect(exitCode).toBe(0);
	expect(all).toContain('--spend <credits>');
});
