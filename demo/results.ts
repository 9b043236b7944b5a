/** Looks at what the examples wrote. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { picturesFolder } from './folders';

/** Mean difference per colour channel (0 to 255) below which two pictures count as the same. */
const sameBelow = 0.5;

async function pixels(file: string, width: number, height: number): Promise<Buffer> {
	return await sharp(file)
		.resize(width, height, { fit: 'fill' })
		.removeAlpha()
		.toColourspace('srgb')
		.raw()
		.toBuffer();
}

function meanDifference(one: Buffer, other: Buffer): number {
	let sum = 0;
	one.forEach((value, index) => (sum += Math.abs(value - (other[index] ?? 0))));
	return sum / one.length;
}

/** The demo's pictures, with their names. */
async function inputs(width: number, height: number): Promise<Array<[string, Buffer]>> {
	const names = await readdir(picturesFolder, { recursive: true });
	return await Promise.all(
		names
			.filter((name) => name.endsWith('.png'))
			.map(async (name): Promise<[string, Buffer]> => {
				return [name, await pixels(join(picturesFolder, name), width, height)];
			}),
	);
}

/** Describes a gallery page. Throws when a result is missing on it. */
async function inspectPage(file: string): Promise<string> {
	const page = await readFile(file, 'utf8');
	const all = page.split('<figure>').length - 1;
	const shown = page.split('<img class="result"').length - 1;
	if (shown < all || all === 0) throw new Error(`it shows ${shown} of ${all} pictures`);
	return `page with ${all} pictures`;
}

/**
 * Checks that the file is a page, or that it is a picture and none of the demo's inputs, and describes it, e.g.
 * "PNG, 768 × 960". Throws with the reason when it is not.
 */
export async function inspectResult(file: string): Promise<string> {
	if (file.endsWith('.html')) return await inspectPage(file);
	const { format, width, height } = await sharp(file).metadata();
	if (!format || !width || !height) throw new Error('it is not a picture');
	const result = await pixels(file, width, height);
	for (const [name, input] of await inputs(width, height)) {
		if (meanDifference(result, input) < sameBelow) throw new Error(`it shows the same as ${name}`);
	}
	return `${format.toUpperCase()}, ${width} × ${height}`;
}
