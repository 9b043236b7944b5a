/**
 * Draws portrait-a.png and portrait-b.png beside this file: `npx tsx demo/pictures/draw.ts`.
 *
 * Both show one face whose middle lies at 50 % of the width and 42 % of the height, with radii of
 * about 19 % of the width and 26 % of the height. The simulator's face swap relies on that.
 */
import { join } from 'node:path';
import sharp from 'sharp';
import { portraitA, portraitB } from './people';

async function draw(svg: string, fileName: string): Promise<void> {
	const path = join(__dirname, fileName);
	const { width, height, size } = await sharp(Buffer.from(svg))
		.png({ palette: true, colours: 256, dither: 0.6, effort: 10 })
		.toFile(path);
	console.log(`${path}: ${width} × ${height}, ${Math.round(size / 1000)} kB`);
}

async function main(): Promise<void> {
	await draw(portraitA(), 'portrait-a.png');
	await draw(portraitB(), 'portrait-b.png');
}

void main();
