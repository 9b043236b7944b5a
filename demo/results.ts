/** Looks at what the examples wrote. */
import { readdir } from 'node:fs/promises';
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

/**
 * Checks that the file is a picture and none of the demo's inputs, and describes it, e.g.
 * "PNG, 768 × 960". Throws with the reason when it is not.
 */
export async function inspectResult(file: string): Promise<string> {
	const { format, width, height } = await sharp(file).metadata();
	if (!format || !width || !height) throw new Error('it is not a picture');
	const result = await pixels(file, width, height);
	const inputs = (await readdir(picturesFolder)).filter((name) => name.endsWith('.png'));
	for (const name of inputs) {
		const input = await pixels(join(picturesFolder, name), width, height);
		if (meanDifference(result, input) < sameBelow) throw new Error(`it shows the same as ${name}`);
	}
	return `${format.toUpperCase()}, ${width} × ${height}`;
}
