import sharp from 'sharp';
import { fromRaster, toRaster, withAlpha, type Raster } from './raster';

/** The search for the backdrop runs on a small copy: its longer side in pixels. */
const SEARCH_SIDE = 640;
/** Colour distances (0 to 441): to the border's colour, and from pixel to pixel. */
const LIKE_BORDER = 52;
const LIKE_NEIGHBOUR = 9;
const STILL_BACKDROP = 110;

/** Makes transparent what is like the picture's border and joined to it. */
export async function cutOut(raster: Raster): Promise<Raster> {
	const { width, height } = raster;
	const small = await toRaster(
		fromRaster(raster).resize(SEARCH_SIDE, SEARCH_SIDE, { fit: 'inside' }),
	);
	const mask = sharp(figureMask(small), {
		raw: { width: small.width, height: small.height, channels: 1 },
	});
	// The steep line narrows the figure a little, so that no rim of the old backdrop stays.
	const smooth = mask.blur(2).linear(3, -430).resize(width, height, { fit: 'fill' });
	const alpha = await smooth.extractChannel(0).raw().toBuffer();
	return withAlpha(raster, alpha);
}

/** 255 for the figure, 0 for the backdrop: a flood from the upper, left and right border. */
function figureMask({ pixels, width, height }: Raster): Buffer {
	const mask = Buffer.alloc(width * height, 255);
	const border = borderPixels(width, height);
	const typical = medianColour(pixels, border);
	const open = border.filter((at) => distance(pixels, at, typical) < LIKE_BORDER);
	for (const at of open) mask[at] = 0;
	for (let at = open.pop(); at !== undefined; at = open.pop()) {
		const own = colourAt(pixels, at);
		for (const next of neighbours(at, width, height)) {
			if (mask[next] === 0 || !isBackdrop(pixels, next, own, typical)) continue;
			mask[next] = 0;
			open.push(next);
		}
	}
	return mask;
}

function isBackdrop(pixels: Buffer, at: number, neighbour: Colour, typical: Colour): boolean {
	const fromBorder = distance(pixels, at, typical);
	if (fromBorder < LIKE_BORDER) return true;
	return fromBorder < STILL_BACKDROP && distance(pixels, at, neighbour) < LIKE_NEIGHBOUR;
}

type Colour = readonly [number, number, number];

const colourAt = (pixels: Buffer, at: number): Colour => [
	pixels[at * 4] ?? 0,
	pixels[at * 4 + 1] ?? 0,
	pixels[at * 4 + 2] ?? 0,
];

function distance(pixels: Buffer, at: number, [red, green, blue]: Colour): number {
	const own = colourAt(pixels, at);
	return Math.hypot(own[0] - red, own[1] - green, own[2] - blue);
}

/** The lower border is left out: that is where a portrait's shoulders are. */
function borderPixels(width: number, height: number): number[] {
	const upper = Array.from({ length: width }, (_, x) => x);
	const sides = Array.from({ length: Math.floor(height * 0.7) }, (_, y) => [
		y * width,
		y * width + width - 1,
	]);
	return [...upper, ...sides.flat()];
}

function medianColour(pixels: Buffer, places: readonly number[]): Colour {
	const median = (channel: number) => {
		const values = places.map((at) => pixels[at * 4 + channel] ?? 0).sort((a, b) => a - b);
		return values[Math.floor(values.length / 2)] ?? 0;
	};
	return [median(0), median(1), median(2)];
}

function neighbours(at: number, width: number, height: number): number[] {
	const x = at % width;
	const found: number[] = [];
	if (x > 0) found.push(at - 1);
	if (x < width - 1) found.push(at + 1);
	if (at >= width) found.push(at - width);
	if (at < width * (height - 1)) found.push(at + width);
	return found;
}
