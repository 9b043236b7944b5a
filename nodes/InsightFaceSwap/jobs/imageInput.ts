import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { InputError, quoted } from '../shared/validation';
import { pictureSource } from '../actions/readParameters';
import type { PicturePart, ReadParameter } from '../actions/types';
import { FilePart } from '../n8nCompat/multipartForm';
import { download, storedSize } from './download';

interface PictureFormat {
	type: string;
	extension: string;
	matches: (head: Buffer) => boolean;
}

/** The most bytes of a picture to send that is downloaded from a URL. */
const MAX_PICTURE_BYTES = 50 * 1024 * 1024;

const ascii = (head: Buffer, from: number, to: number) => head.toString('latin1', from, to);

/** The formats that the API takes, by their first bytes. */
const FORMATS: PictureFormat[] = [
	{
		type: 'image/png',
		extension: 'png',
		matches: (head) => ascii(head, 0, 8) === '\x89PNG\r\n\x1a\n',
	},
	{ type: 'image/jpeg', extension: 'jpg', matches: (head) => ascii(head, 0, 3) === '\xff\xd8\xff' },
	{
		type: 'image/webp',
		extension: 'webp',
		matches: (head) => ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'WEBP',
	},
	{ type: 'image/gif', extension: 'gif', matches: (head) => /^GIF8[79]a/.test(ascii(head, 0, 6)) },
];

/** Still pictures in the container of MP4 videos, as phones take them, by the brand of their first box. */
const isHeicOrAvif = (head: Buffer) =>
	/^ftyp(hei[cmsx]|hev[cmsx]|mif1|msf1|avi[fs])/.test(ascii(head, 4, 12));

const isVideo = (head: Buffer, mimeType = '') =>
	mimeType.startsWith('video/') ||
	ascii(head, 4, 8) === 'ftyp' ||
	ascii(head, 0, 4) === '\x1a\x45\xdf\xa3' ||
	(ascii(head, 0, 4) === 'RIFF' && ascii(head, 8, 12) === 'AVI ');

/** Whether a file is a picture or a video of a known format, by its first bytes. */
export const isKnownMedia = (head: Buffer): boolean =>
	FORMATS.some(({ matches }) => matches(head)) || isVideo(head);

/**
 * The picture of one form part, ready to be streamed. Its size and format are checked, nothing is
 * sent yet, and no more than the first chunk of the file is read.
 * @throws InputError for a field without a file, an empty file, or anything that is not a picture
 */
export async function pictureFile(
	context: IExecuteFunctions,
	itemIndex: number,
	part: PicturePart,
	read: ReadParameter,
): Promise<FilePart> {
	const source = pictureSource(read, part);
	switch (source.kind) {
		case 'url':
			return await checked(context, await fromUrl(context, part, source.url), part);
		case 'field':
			return await checked(context, fromField(context, itemIndex, part, source.field), part);
		case 'binary':
			return await checked(context, source.binary, part);
	}
}

function fromField(
	context: IExecuteFunctions,
	itemIndex: number,
	{ label }: PicturePart,
	field: string,
): IBinaryData {
	try {
		return context.helpers.assertBinaryData(itemIndex, field);
	} catch {
		throw missingField(context, itemIndex, label, field);
	}
}

function missingField(
	context: IExecuteFunctions,
	itemIndex: number,
	label: string,
	field: string,
): InputError {
	const fields = Object.keys(context.getInputData()[itemIndex]?.binary ?? {});
	const there = fields.length
		? `The item has: ${fields.join(', ')}. Put one of them into "${label}".`
		: `The item has no binary data at all. Add a node before this one that reads or downloads the picture, or choose URL in "${label}".`;
	return new InputError(`${label}: the item has no binary field ${quoted(field)}`, there);
}

async function fromUrl(
	context: IExecuteFunctions,
	{ label }: PicturePart,
	url: string,
): Promise<IBinaryData> {
	try {
		return await download(context, {
			url,
			maxBytes: MAX_PICTURE_BYTES,
			mayUseHttp: async () => true,
			check: (head, mimeType) => void formatOf(head, mimeType, label),
		});
	} catch (error) {
		throw error instanceof InputError ? error : undownloaded(label, error);
	}
}

const undownloaded = (label: string, error: unknown) =>
	new InputError(
		`${label} could not be downloaded: ${error instanceof Error ? error.message : String(error)}`,
		'Check that the address opens in a browser without signing in, and that n8n may reach it.',
	);

async function checked(
	context: IExecuteFunctions,
	binary: IBinaryData,
	{ picture, label, maxGifBytes = Infinity }: PicturePart,
): Promise<FilePart> {
	const [size, head] = await Promise.all([storedSize(context, binary), headOf(context, binary)]);
	const format = formatOf(head, binary.mimeType, label);
	if (format.type === 'image/gif' && size > maxGifBytes) {
		throw new InputError(
			`${label} is a GIF of ${inMegabytes(size)} MB`,
			`The API takes GIFs of up to ${inMegabytes(maxGifBytes)} MB. Make it smaller or shorter.`,
		);
	}
	const name = binary.fileName || `${picture}.${format.extension}`;
	const bytes = head.length === size ? head : undefined;
	return new FilePart(name, format.type, size, () => contents(context, binary), bytes);
}

const inMegabytes = (bytes: number) => Number((bytes / 1024 / 1024).toFixed(1));

/** @throws InputError for an empty file and for anything that is not a picture */
function formatOf(head: Buffer, mimeType: string | undefined, label: string): PictureFormat {
	if (head.length === 0) {
		throw new InputError(
			`${label} is an empty file`,
			'Check the node or the address that gives the picture.',
		);
	}
	const format = FORMATS.find(({ matches }) => matches(head));
	if (format) return format;
	throw refusal(head, mimeType, label);
}

function refusal(head: Buffer, mimeType = 'none given', label: string): InputError {
	if (isHeicOrAvif(head)) {
		return new InputError(
			`${label} is a HEIC or AVIF picture`,
			'The API does not take this format. Convert it to PNG, JPEG or WebP first.',
		);
	}
	return isVideo(head, mimeType)
		? new InputError(
				`${label} is a video`,
				'The API does not take videos today. Use a PNG, JPEG or WebP picture, or a GIF as the picture of a face swap.',
			)
		: new InputError(
				`${label} is not a picture`,
				`Its content is neither PNG, JPEG, WebP nor GIF, whatever its name or type says (${mimeType}).`,
			);
}

/** With fewer bytes, much of an upload's time goes into handing chunks on; with more, memory grows. */
const CHUNK_BYTES = 128 * 1024;

/** The first chunk, which is all of a small picture: n8n's store is then asked for it only once. */
async function headOf(context: IExecuteFunctions, binary: IBinaryData): Promise<Buffer> {
	for await (const chunk of contents(context, binary)) return chunk;
	return Buffer.alloc(0);
}

/** The bytes of a stored file in chunks, wherever n8n keeps it; only one chunk at a time is held. */
async function* contents(context: IExecuteFunctions, binary: IBinaryData): AsyncGenerator<Buffer> {
	if (binary.id) {
		yield* await context.helpers.getBinaryStream(binary.id, CHUNK_BYTES);
		return;
	}
	const step = Math.ceil(CHUNK_BYTES / 3) * 4;
	for (let from = 0; from < binary.data.length; from += step) {
		yield Buffer.from(binary.data.slice(from, from + step), 'base64');
	}
}
