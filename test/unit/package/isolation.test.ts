import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '../../..');
const cache = join(root, 'node_modules', '.cache');

// Below the project's node_modules, where an unguarded require would find everything.
let directory: string;

beforeEach(() => {
	mkdirSync(cache, { recursive: true });
	directory = mkdtempSync(join(cache, 'isolation-'));
});

afterEach(() => rmSync(directory, { recursive: true }));

function load(code: string) {
	writeFileSync(join(directory, 'own.js'), 'exports.properties = [{}];');
	writeFileSync(
		join(directory, 'Some.node.js'),
		`${code}\nexports.Some = class { description = { name: 'some', properties: [{}] } };`,
	);
	const script = join(root, 'scripts', 'load-isolated.js');
	return spawnSync(process.execPath, [script, directory, 'Some.node.js'], { encoding: 'utf8' });
}

describe('loading the package as an n8n that isolates packages', () => {
	it('gives what the package needs: n8n-workflow, crypto, its own files', () => {
		const { status, stdout } = load(
			`require('n8n-workflow').NodeApiError.name; require('crypto'); require('node:crypto'); require('./own');`,
		);
		expect(status).toBe(0);
		expect(JSON.parse(stdout)).toMatchObject([{ name: 'some', properties: 1 }]);
	});

	it.each(['form-data', 'fs', 'node:stream', 'lodash', '../../typescript/lib/typescript.js'])(
		'fails on %s, though this project has it',
		(name) => {
			const { status, stderr } = load(`require('${name}');`);
			expect(status).not.toBe(0);
			expect(stderr).toContain(`Cannot find module '${name}'`);
		},
	);
});
