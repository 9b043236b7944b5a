import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { passwordOf } from '../../../tooling/n8n/password';

let folder: string;

beforeEach(() => {
	folder = mkdtempSync(join(tmpdir(), 'password-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('two folders have different passwords', async () => {
	const [one, other] = [await passwordOf(join(folder, 'a')), await passwordOf(join(folder, 'b'))];
	expect(one).not.toBe(other);
});

test('a folder keeps its password', async () => {
	const first = await passwordOf(folder);
	expect(await passwordOf(folder)).toBe(first);
	expect(readFileSync(join(folder, 'owner-password'), 'utf8')).toBe(`${first}\n`);
});

test('the password is long, and n8n takes it', async () => {
	expect(await passwordOf(folder)).toMatch(/^(?=.*\d)(?=.*[A-Z]).{20,64}$/);
});

if (process.platform !== 'win32') {
	test('only its owner can read the file', async () => {
		await passwordOf(folder);
		expect(statSync(join(folder, 'owner-password')).mode & 0o077).toBe(0);
	});
}
