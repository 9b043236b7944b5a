import sharp from 'sharp';
import type { Form, Upload } from './form';
import type { Verb } from './verbs';

/** The bot's help: a GIF costs 20 credits for up to 20 frames and 30 for up to 75; a picture counts two faces at most. */
const GIF = { frames: 20, credits: 20, creditsOfMore: 30 };
const MAX_FACES = 2;

export const isGif = ({ contentType }: Upload) => contentType === 'image/gif';

/** The uploaded picture that a swap changes. */
export const targetOf = ({ target }: Verb, { files }: Form): Upload | undefined =>
	target === undefined ? undefined : files.get(target);

/**
 * The credits that a call costs.
 * @param faces in a picture
 */
export async function priceOf(verb: Verb, form: Form, faces: number): Promise<number> {
	if (verb.target === undefined) return verb.credits;
	const target = targetOf(verb, form);
	if (!target || !isGif(target)) return verb.credits * Math.min(faces, MAX_FACES);
	return (await framesOf(target)) > GIF.frames ? GIF.creditsOfMore : GIF.credits;
}

async function framesOf({ data }: Upload): Promise<number> {
	if (!data) return 1;
	try {
		return (await sharp(data).metadata()).pages ?? 1;
	} catch {
		return 1;
	}
}
