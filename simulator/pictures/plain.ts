import sharp from 'sharp';
import type { Picture } from '../attachments';

const SIDE = 64;
const bySize = new Map<number | undefined, Picture>();

/**
 * A picture that shows nothing in particular, made once for every size.
 * @param size bytes, filled up behind the picture's end; unset: no more than the picture needs
 */
export async function plainPicture(size?: number): Promise<Picture> {
	const made = bySize.get(size) ?? (await make(size));
	bySize.set(size, made);
	return made;
}

async function make(size = 0): Promise<Picture> {
	const background = { r: 90, g: 120, b: 150 };
	const square = sharp({ create: { width: SIDE, height: SIDE, channels: 3, background } });
	const png = await square.png().toBuffer();
	const data = Buffer.concat([png, Buffer.alloc(Math.max(0, size - png.length))]);
	return { data, contentType: 'image/png', extension: 'png', width: SIDE, height: SIDE };
}
