import type { Picture } from '../attachments';
import { decode, encode, fromRaster, stack, toRaster, withAlpha, type Raster } from './raster';

/**
 * Where a portrait has its face from above the brows to the chin, in parts of the picture's width
 * and height. The head as a whole is taken to be at 50 % and 42 %, 38 % wide and 52 % high.
 */
const FACE = { x: 0.5, y: 0.468, radiusX: 0.176, radiusY: 0.218 };
/** Where the edge of the set-in face begins to fade, in parts of its radius. */
const FEATHER_FROM = 0.68;
/** How far the face takes on the target's skin colour; 1 is wholly. */
const TONE = 0.85;

/**
 * Sets the source's face into the target's.
 * @throws UnreadablePicture
 */
export async function swapFace(source: Buffer, target: Buffer): Promise<Picture> {
	const [from, onto] = await Promise.all([decode(source), decode(target)]);
	const place = faceBox(onto);
	const face = await toRaster(
		fromRaster(from).extract(faceBox(from)).resize(place.width, place.height, { fit: 'fill' }),
	);
	const old = await toRaster(fromRaster(onto).extract(place));
	const likeOld = tone(face, skinOf(face), skinOf(old));
	const patch = withAlpha(likeOld, featheredEllipse(face));
	return await encode(await stack(onto, { raster: patch, left: place.left, top: place.top }));
}

function faceBox({ width, height }: Raster) {
	const left = Math.max(0, Math.round((FACE.x - FACE.radiusX) * width));
	const top = Math.max(0, Math.round((FACE.y - FACE.radiusY) * height));
	return {
		left,
		top,
		width: Math.max(1, Math.min(width - left, Math.round(2 * FACE.radiusX * width))),
		height: Math.max(1, Math.min(height - top, Math.round(2 * FACE.radiusY * height))),
	};
}

type Colour = [red: number, green: number, blue: number];

/** The mean colour of the cheeks' and nose's region. */
function skinOf({ pixels, width, height }: Raster): Colour {
	const sum: Colour = [0, 0, 0];
	let count = 0;
	for (let y = Math.floor(height * 0.55); y < height * 0.72; y += 2) {
		for (let x = Math.floor(width * 0.2); x < width * 0.8; x += 2) {
			const at = (y * width + x) * 4;
			for (const channel of [0, 1, 2] as const) sum[channel] += pixels[at + channel] ?? 0;
			count += 1;
		}
	}
	return sum.map((total) => total / Math.max(1, count)) as Colour;
}

/** Brings the skin `from` near the skin `to`. */
function tone(raster: Raster, from: Colour, to: Colour): Raster {
	const pixels = Buffer.from(raster.pixels);
	for (let at = 0; at < pixels.length; at += 4) {
		const own: Colour = [pixels[at] ?? 0, pixels[at + 1] ?? 0, pixels[at + 2] ?? 0];
		const share = TONE * skinShare(own, from);
		for (const channel of [0, 1, 2] as const) {
			const whole = toned(own[channel], from[channel], to[channel]);
			pixels[at + channel] = own[channel] + share * (whole - own[channel]);
		}
	}
	return { ...raster, pixels };
}

/** Darkens by a factor and lightens by a sum: so neither lights nor shadows turn grey. */
function toned(value: number, from: number, to: number): number {
	return to < from ? (value * to) / from : Math.min(255, value + to - from);
}

/** How much a colour is skin: neither dark like brows nor grey like the white of an eye. */
function skinShare(own: Colour, skin: Colour): number {
	const light = brightness(own) / Math.max(1, brightness(skin));
	const chroma = Math.max(...own) - Math.min(...own);
	return smooth((light - 0.3) / 0.5) * Math.max(0.25, smooth(chroma / 45));
}

const brightness = ([red, green, blue]: Colour) => 0.3 * red + 0.59 * green + 0.11 * blue;

/** Alpha: whole in the middle of the ellipse, fading to nothing at its edge. */
function featheredEllipse({ width, height }: Raster): Buffer {
	const alpha = Buffer.alloc(width * height);
	for (let y = 0; y < height; y += 1) {
		for (let x = 0; x < width; x += 1) {
			const radius = Math.hypot((2 * x + 1) / width - 1, (2 * y + 1) / height - 1);
			alpha[y * width + x] = 255 * smooth((1 - radius) / (1 - FEATHER_FROM));
		}
	}
	return alpha;
}

function smooth(value: number): number {
	const part = Math.max(0, Math.min(1, value));
	return part * part * (3 - 2 * part);
}
