import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { picturesFolder } from '../../../demo/folders';
import { withPicturesInside } from '../../../demo/gallery';
import { inspectResult } from '../../../demo/results';

const page = (...sources: string[]) =>
	sources.map((source) => `<figure><img class="result" src="${source}" alt=""></figure>`).join('');

describe('the gallery in one file', () => {
	it('holds its pictures and names no other file', async () => {
		const before = page('portrait-a.png', 'targets/king.png', 'portrait%2Da.png');
		const after = await withPicturesInside(before, picturesFolder);
		const sources = [...after.matchAll(/src="([^"]{23})/g)].map(([, start]) => start);
		expect(sources).toEqual(Array(3).fill('data:image/webp;base64,'));
		expect(after).not.toContain('.png');
	});

	it('is refused without a picture that it names', async () => {
		await expect(withPicturesInside(page('none.png'), picturesFolder)).rejects.toThrow('missing');
	});
});

describe('the demo looks at a page', () => {
	let folder: string;
	beforeEach(async () => (folder = await mkdtemp(join(tmpdir(), 'gallery-'))));
	afterEach(async () => await rm(folder, { recursive: true }));

	const inspected = async (html: string) => {
		const file = join(folder, 'index.html');
		await writeFile(file, html);
		return await inspectResult(file);
	};

	it('and counts its pictures', async () => {
		expect(await inspected(page('1.png', '2.png'))).toBe('page with 2 pictures');
	});

	const failed = '<figure><img src="face.png" alt=""><p>The job failed</p></figure>';

	it.each([failed, ''])('and refuses %j', async (html) => {
		await expect(inspected(html)).rejects.toThrow(/shows 0 of \d pictures/);
	});
});

test('a target is no result: nothing was swapped in it', async () => {
	const king = join(picturesFolder, 'targets', 'king.png');
	await expect(inspectResult(king)).rejects.toThrow('it shows the same as targets');
});
