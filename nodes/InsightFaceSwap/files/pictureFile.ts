import type { IBinaryData, IExecuteFunctions } from 'n8n-workflow';

import { pictureSource } from '../actions/readParameters';
import type { PicturePart, ReadParameter } from '../actions/types';
import { isObject } from '../api/job';
import { isAgentTool, binariesOf, binaryIn } from '../n8nCompat/execution';
import { FilePart } from '../n8nCompat/multipartForm';
import { InputError, quoted } from '../shared/validation';
import { download } from './download';
import { fileNameFor, nameInUrl, formatOf, isText, type FileFormat } from './formats';

/** The most bytes of a picture to send that is downloaded from a URL. */
const MAX_PICTURE_BYTES = 50 * 1024 * 1024;

/** With fewer bytes, much of an upload's time goes into handing chunks on; with more, memory grows. */
const CHUNK_BYTES = 128 * 1024;

/**
 * The picture of one form part, ready to be streamed. Its size and format are checked, nothing is
 * sent yet, and no more than the first chunk of the file is read. A picture of an unusual format has a
 * warning.
 * @throws InputError for a field without a file, an empty file, or anything that is not a picture
 */
export const pictureFile = async (
	context: IExecuteFunctions,
	itemIndex: number,
	part: PicturePart,
	read: ReadParameter,
): Promise<FilePart> => await new Picture(context, itemIndex, part).file(read);

interface Content {
	/** Bytes. */
	size: number;
	/** The first bytes. */
	head: Buffer;
	open: () => AsyncIterable<Uint8Array>;
}

type PictureFormat = Omit<FileFormat, 'begins'>;

/** A picture by its type, with content that is not known here but is no text. */
function unknownFormat(head: Buffer, mimeType: string): PictureFormat | undefined {
	const subtype = /^image\/(?:x-)?([a-z0-9.]+)/.exec(mimeType)?.[1];
	if (!subtype || isText(head)) return undefined;
	return { name: subtype.toUpperCase(), type: mimeType, extensions: [subtype], kind: 'unusual' };
}

/** One picture of one item. */
class Picture {
	private fileName?: string;

	constructor(
		private readonly context: IExecuteFunctions,
		private readonly itemIndex: number,
		private readonly part: PicturePart,
	) {}

	/** As errors name it, as in `me.png (item 3)`; by the field's label where the file has no name. */
	private get named(): string {
		return `${this.fileName || this.part.label} (item ${this.itemIndex})`;
	}

	async file(read: ReadParameter): Promise<FilePart> {
		const { maxGifBytes = Infinity, picture } = this.part;
		const binary = await this.binary(read);
		this.fileName = binary.fileName;
		const { size, head, open } = await this.content(binary);
		const format = this.format(head, String(binary.mimeType || 'no type'));
		if (format.name === 'GIF' && size > maxGifBytes) {
			throw new InputError(
				`${this.named} is a GIF of ${inMegabytes(size)} MB`,
				`The bot takes GIFs of up to ${inMegabytes(maxGifBytes)} MB. Make it smaller or shorter.`,
			);
		}
		const name = fileNameFor(binary.fileName, picture, format);
		const file = new FilePart(name, format.type, size, open);
		file.binary = binary;
		if (format.kind !== 'usual') {
			file.warning = `${this.named} is sent as ${format.name}, which is an unusual format. If the job fails, convert the picture to PNG or JPEG first.`;
		}
		return file;
	}

	private async binary(read: ReadParameter): Promise<IBinaryData> {
		const source = pictureSource(read, this.part);
		if (source.kind === 'binary') return source.binary;
		if (source.kind === 'url') return await this.downloaded(source.url);
		const binary = this.inField(source.field);
		if (isObject(binary) && [binary.id, binary.data].some((one) => typeof one === 'string'))
			return binary;
		throw new InputError(
			`${this.named}: the binary field ${quoted(source.field)} holds no file`,
			'Take a field of a node that reads or downloads the picture, or make the file with Convert to File.',
		);
	}

	private inField(field: string): IBinaryData {
		try {
			return binaryIn(this.context, this.itemIndex, field);
		} catch {
			throw this.missingField(field);
		}
	}

	private missingField(field: string): InputError {
		const message = `${this.named}: there is no binary field ${quoted(field)}`;
		return new InputError(message, this.adviceWithoutField());
	}

	/** What the item has instead of a field, and what to do. */
	private adviceWithoutField(): string {
		if (isAgentTool(this.context)) {
			return 'Binary fields do not reach the tools of an agent: give a URL.';
		}
		const fields = Object.keys(binariesOf(this.context, this.itemIndex));
		if (fields.length === 0) {
			return 'The item has no binary data at all. Add a node before this one that reads or downloads the picture, or take it from a URL.';
		}
		return this.part.field === 'target' && fields.length === 1
			? `This item has only one picture: ${fields[0]}. Bring the second with Merge (Combine), or take it from a URL.`
			: `The item has: ${fields.join(', ')}. Name one of them.`;
	}

	private async downloaded(url: string): Promise<IBinaryData> {
		const fileName = nameInUrl(url);
		this.fileName = fileName;
		try {
			return await download(this.context, {
				url,
				maxBytes: MAX_PICTURE_BYTES,
				mayUseHttp: true,
				describe: (head, type) => ({ fileName, mimeType: this.format(head, type).type }),
			});
		} catch (error) {
			throw error instanceof InputError ? error : this.notDownloaded(error as Error);
		}
	}

	private notDownloaded({ message }: Error): InputError {
		return new InputError(
			`${this.named} could not be downloaded: ${message}`,
			'Check that the address opens in a browser without signing in, and that n8n may reach it.',
		);
	}

	/** @throws InputError for an empty file and for anything that is not a picture */
	private format(head: Buffer, mimeType = 'no type'): PictureFormat {
		if (head.length === 0) {
			throw new InputError(
				`${this.named} is an empty file`,
				'Check the node or the address that gives the picture.',
			);
		}
		const format = formatOf(head) ?? unknownFormat(head, mimeType);
		if (format && format.kind !== 'other') return format;
		const byType = mimeType.startsWith('video/') ? 'video' : undefined;
		const found = format?.name ?? byType ?? (isText(head) ? 'text' : undefined);
		throw new InputError(
			`${this.named} is ${found ? `a ${found}, not` : 'not'} a picture`,
			`Use a PNG, JPEG or WebP picture. Only the content counts, whatever the name or the type says (${quoted(mimeType)}).`,
		);
	}

	/** The content of a file, wherever n8n keeps it: in its store, or as base64 text in the item. */
	private async content({ id, data }: IBinaryData): Promise<Content> {
		if (!id) {
			const open = async function* () {
				yield Buffer.from(data, 'base64');
			};
			const head = await firstOf(open());
			return { size: head.length, head, open };
		}
		const { getBinaryMetadata, getBinaryStream } = this.context.helpers;
		const fail = (error: Error) => {
			throw this.unreadable(error);
		};
		const open = async function* () {
			try {
				yield* await getBinaryStream(id, CHUNK_BYTES);
			} catch (error) {
				fail(error as Error);
			}
		};
		const metadata = getBinaryMetadata(id).catch(fail);
		const [{ fileSize: size }, head] = await Promise.all([metadata, firstOf(open())]);
		return { size, head, open: head.length === size ? keeping(head, open) : open };
	}

	private unreadable({ message }: Error): InputError {
		return new InputError(
			`${this.named} could not be read from n8n's store: ${message}`,
			'It was pruned with the execution that stored it, or lies in a store that this process does not see: queue mode needs one that all workers share. Have this workflow read the picture again. Nothing was sent.',
		);
	}
}

const inMegabytes = (bytes: number) => Number((bytes / 1024 / 1024).toFixed(1));

async function firstOf(chunks: AsyncIterable<Buffer>): Promise<Buffer> {
	for await (const chunk of chunks) return chunk;
	return Buffer.alloc(0);
}

/** Keeps a small picture in memory until it is read. Further reads ask n8n's store again. */
function keeping(
	head: Buffer,
	open: () => AsyncIterable<Uint8Array>,
): () => AsyncIterable<Uint8Array> {
	let kept: Buffer | undefined = head;
	return async function* () {
		const bytes = kept;
		kept = undefined;
		if (bytes) yield bytes;
		else yield* open();
	};
}
