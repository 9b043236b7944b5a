import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';

const script = pathToFileURL(join(__dirname, '../../../scripts/setup.mjs')).href;

test('a failed installation says why, also where npm is told to be silent', () => {
	const folder = mkdtempSync(join(tmpdir(), 'setup-'));
	writeFileSync(join(folder, 'package.json'), '{"name": "without-lock-file"}');
	const code = `import { ensureDependencies } from ${JSON.stringify(script)};
		await ensureDependencies(${JSON.stringify(folder)});`;
	const { stderr } = spawnSync(process.execPath, ['--input-type=module', '--eval', code], {
		encoding: 'utf8',
		env: { ...process.env, npm_config_loglevel: 'silent' },
	});
	rmSync(folder, { recursive: true, force: true });
	expect(stderr).toContain('can only install with an existing package-lock.json');
});
