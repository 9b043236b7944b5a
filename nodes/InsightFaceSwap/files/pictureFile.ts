import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { pictureSource, type PictureSource } from '../actions/readParameters';
import type { PicturePart, ReadParameter } from '../actions/types';
import { isAgentTool } from '../n8nCompat/agentTool';
import { binariesOf, binaryIn } from '../n8nCompat/combinedBinaries';
import { FilePart } from '../n8nCompat/multipartForm';
import { InputError, quoted } from '../shared/validation';
import { download } from './download';
import { fileNameFor, nameInUrl } from './fileNames';
import { formatOf, isText, type FileFormat } from './formats';

/** The most bytes of a picture to send that is downloaded from a URL. */
const MAX_PICTURE_BYTES = 50 * 1024 * 1024;

/** One picture of one item, as errors name it. */
interface Picture {
	part: PicturePart;
	itemIndex: number;
	/** The file's name, as in `me.png (item 3)`; the field's label where it has none. */
	named: string;
}

const pictureOf = (part: PicturePart, itemIndex: number, name = part.label): Picture => ({
	part,
	itemIndex,
	named: `${name} (item ${itemIndex})`,
});

/**
 * The picture of one form part, ready to be streamed. Its size and format are checked, nothing is
 * sent yet, and no more than the first chunk of the file is read. A picture of an unusual format has a
 * warning.
 * @throws InputError for a field without a file, an empty file, or anything that is not a picture
 */
export async function pictureFile(
	context: IExecuteFunctions,
	itemIndex: number,
	part: PicturePart,
	read: ReadParameter,
): Promise<FilePart> {
	const source = pictureSource(read, part);
	const binary = await binaryOf(context, source, part, itemIndex);
	return await checked(context, binary, pictureOf(part, itemIndex, binary.fileName));
}

async function binaryOf(
	context: IExecuteFunctions,
	source: PictureSource,
	part: PicturePart,
	itemIndex: number,
): Promise<IBinaryData> {
	if (source.kind === 'binary') return source.binary;
	if (source.kind === 'url') return await fromUrl(context, source.url, part, itemIndex);
	try {
		return binaryIn(context, itemIndex, source.field);
	} catch {
		throw missingField(context, source.field, part, itemIndex);
	}
}

function missingField(
	context: IExecuteFunctions,
	field: string,
	part: PicturePart,
	itemIndex: number,
): InputError {
	const { named } = pictureOf(part, itemIndex);
	const message = `${named}: there is no binary field ${quoted(field)}`;
	if (isAgentTool(context)) {
		return new InputError(message, 'Binary fields do not reach the tools of an agent: give a URL.');
	}
	return new InputError(message, whatIsThere(context, part, itemIndex));
}

/** What the item has instead of a field, and what to do. */
function whatIsThere(
	context: IExecuteFunctions,
	{ second }: PicturePart,
	itemIndex: number,
): string {
	const fields = Object.keys(binariesOf(context, itemIndex));
	if (fields.length === 0) {
		return 'The item has no binary data at all. Add a node before this one that reads or downloads the picture, or take it from a URL.';
	}
	return second && fields.length === 1
		? `This item has only one picture: ${fields[0]}. Bring the second with Merge (Combine), or take it from a URL.`
		: `The item has: ${fields.join(', ')}. Name one of them.`;
}

async function fromUrl(
	context: IExecuteFunctions,
	url: string,
	part: PicturePart,
	itemIndex: number,
): Promise<IBinaryData> {
	const fileName = nameInUrl(url);
	const picture = pictureOf(part, itemIndex, fileName);
	try {
		return await download(context, {
			url,
			maxBytes: MAX_PICTURE_BYTES,
			mayUseHttp: async () => true,
			describe: (head, mimeType) => ({
				fileName,
				mimeType: requirePicture(head, mimeType, picture).type,
			}),
		});
	} catch (error) {
		throw error instanceof InputError ? error : undownloaded(picture, error as Error);
	}
}

const undownloaded = ({ named }: Picture, { message }: Error) =>
	new InputError(
		`${named} could not be downloaded: ${message}`,
		'Check that the address opens in a browser without signing in, and that n8n may reach it.',
	);

async function checked(
	context: IExecuteFunctions,
	binary: IBinaryData,
	picture: Picture,
): Promise<FilePart> {
	const { part, named } = picture;
	const content = await contentOf(context, binary, picture);
	const { size, head } = content;
	const format = requirePicture(head, binary.mimeType, picture);
	if (format.name === 'GIF' && size > (part.maxGifBytes ?? Infinity)) {
		throw new InputError(
			`${named} is a GIF of ${inMegabytes(size)} MB`,
			`The bot takes GIFs of up to ${inMegabytes(part.maxGifBytes ?? 0)} MB. Make it smaller or shorter.`,
		);
	}
	const name = fileNameFor(binary.fileName, part.picture, format);
	const file = new FilePart(name, format.type, size, content.open);
	file.binary = binary;
	if (format.kind !== 'usual') {
		file.warning = `${named} is sent as ${format.name}, which is an unusual format. If the job fails, convert the picture to PNG or JPEG first.`;
	}
	return file;
}

const inMegabytes = (bytes: number) => Number((bytes / 1024 / 1024).toFixed(1));

type PictureFormat = Omit<FileFormat, 'begins'>;

/** @throws InputError for an empty file and for anything that is not a picture */
function requirePicture(
	head: Buffer,
	mimeType: string | undefined,
	{ named }: Picture,
): PictureFormat {
	if (head.length === 0) {
		throw new InputError(
			`${named} is an empty file`,
			'Check the node or the address that gives the picture.',
		);
	}
	const format = formatOf(head) ?? unknownFormat(head, mimeType);
	if (format && format.kind !== 'other') return format;
	const isVideo = format?.name === 'video' || mimeType?.startsWith('video/');
	if (format || isVideo) {
		throw new InputError(
			`${named} is a ${format?.name ?? 'video'}, not a picture`,
			'Use a PNG, JPEG or WebP picture.',
		);
	}
	throw new InputError(
		`${named} is ${isText(head) ? 'a text, not' : 'not'} a picture`,
		`Its content has no known picture format, whatever its name or type says (${quoted(mimeType ?? 'no type')}).`,
	);
}

/** A picture by its type, with content that is not known here but is no text. */
function unknownFormat(head: Buffer, mimeType = ''): PictureFormat | undefined {
	const subtype = /^image\/(?:x-)?([a-z0-9.]+)/.exec(mimeType)?.[1];
	if (!subtype || isText(head)) return undefined;
	return { name: subtype.toUpperCase(), type: mimeType, extensions: [subtype], kind: 'unusual' };
}

/** With fewer bytes, much of an upload's time goes into handing chunks on; with more, memory grows. */
const CHUNK_BYTES = 128 * 1024;

interface Content {
	/** Bytes. */
	size: number;
	/** The first bytes. */
	head: Buffer;
	open: () => AsyncIterable<Uint8Array>;
}

/** The content of a file, wherever n8n keeps it: in its store, or as base64 text in the item. */
async function contentOf(
	context: IExecuteFunctions,
	{ id, data }: IBinaryData,
	{ named }: Picture,
): Promise<Content> {
	if (!id) {
		const decoded = () => Buffer.from(data, 'base64');
		const open = async function* () {
			yield decoded();
		};
		return { size: decoded().length, head: decoded(), open };
	}
	const { getBinaryMetadata, getBinaryStream } = context.helpers;
	const open = async function* () {
		yield* await getBinaryStream(id, CHUNK_BYTES);
	};
	try {
		const [{ fileSize: size }, head] = await Promise.all([getBinaryMetadata(id), firstOf(open())]);
		return { size, head, open };
	} catch (error) {
		throw unreadable(named, error as Error);
	}
}

const unreadable = (named: string, { message }: Error) =>
	new InputError(
		`${named} could not be read from n8n's store: ${message}`,
		'It was pruned with the execution that stored it, or lies in a store that this process does not see: queue mode needs one that all workers share. Have this workflow read the picture again. Nothing was sent.',
	);

async function firstOf(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
	for await (const chunk of chunks) return chunk;
	return Buffer.alloc(0);
}
