import sharp, { type Sharp } from 'sharp';
import type { Picture } from '../attachments';

/** The bytes are no picture. */
export class UnreadablePicture extends Error {}

/** A picture in memory, upright, in sRGB with alpha; of a GIF the first frame. */
export interface Raster {
	/** Four bytes per pixel: red, green, blue, alpha. */
	pixels: Buffer;
	/** Pixels. */
	width: number;
	height: number;
}

const MAX_SIDE = 2048;

/** @throws UnreadablePicture */
export async function decode(data: Buffer, maxSide = MAX_SIDE): Promise<Raster> {
	try {
		const upright = sharp(data, { failOn: 'error' }).autoOrient();
		const sized = upright.resize(maxSide, maxSide, { fit: 'inside', withoutEnlargement: true });
		return await toRaster(sized);
	} catch {
		throw new UnreadablePicture('The picture cannot be read');
	}
}

export async function toRaster(image: Sharp): Promise<Raster> {
	const { data, info } = await image
		.toColourspace('srgb')
		.ensureAlpha()
		.raw()
		.toBuffer({ resolveWithObject: true });
	return { pixels: data, width: info.width, height: info.height };
}

export function fromRaster({ pixels, width, height }: Raster): Sharp {
	return sharp(pixels, { raw: { width, height, channels: 4 } });
}

export async function drawSvg(svg: string): Promise<Raster> {
	return await toRaster(sharp(Buffer.from(svg)));
}

/** @param alpha one byte per pixel, in place of the raster's own */
export function withAlpha(raster: Raster, alpha: Buffer): Raster {
	const pixels = Buffer.from(raster.pixels);
	alpha.forEach((value, index) => (pixels[index * 4 + 3] = value));
	return { ...raster, pixels };
}

/** Lays pictures over each other, the first at the bottom; each with its left upper corner. */
export async function stack(
	bottom: Raster,
	...layers: Array<{ raster: Raster; left: number; top: number }>
): Promise<Raster> {
	const inputs = layers.map(({ raster: { pixels, width, height }, left, top }) => ({
		input: pixels,
		raw: { width, height, channels: 4 as const },
		left,
		top,
	}));
	return await toRaster(fromRaster(bottom).composite(inputs));
}

export async function encode(raster: Raster): Promise<Picture> {
	const { width, height } = raster;
	const data = await fromRaster(raster).png({ compressionLevel: 6 }).toBuffer();
	return { data, contentType: 'image/png', extension: 'png', width, height };
}
