import { createHash } from 'crypto';
import type { IBinaryData } from 'n8n-workflow';

import { InputError } from '../shared/validation';

/** A file of a form, with what axios reads of a web `File`. Its bytes come from any stream. */
export class FilePart {
	readonly [Symbol.toStringTag] = 'File';

	/** SHA-256 of the bytes in base64url, once they have been read to their end. */
	sha256?: string;

	/** Why its bytes could not be read to their end the last time. */
	damage?: InputError;

	/** What the user is to be told of the file, although it is sent. */
	warning?: string;

	/** The file as n8n has it, until it is closed. */
	binary?: IBinaryData;

	/**
	 * @param type the content type
	 * @param size the exact number of bytes that `open` gives
	 * @param open starts reading from the first byte, each time it is called
	 */
	constructor(
		readonly name: string,
		readonly type: string,
		readonly size: number,
		private open: () => AsyncIterable<Uint8Array>,
	) {}

	/** Drops where the bytes come from, which may be in memory. The file is not read again. */
	close(): void {
		this.binary = undefined;
		this.open = closed;
	}

	/**
	 * Reads the bytes to their end, unless that has been done.
	 * @throws InputError where they are not as many as announced
	 */
	async readThrough(): Promise<void> {
		const chunks = this.stream();
		while (this.sha256 === undefined) await chunks.next();
	}

	async *stream(): AsyncGenerator<Uint8Array> {
		this.damage = undefined;
		try {
			yield* this.bytes();
		} catch (error) {
			this.fail(error);
		}
	}

	private fail(error: unknown): never {
		if (error instanceof InputError) this.damage = error;
		throw error;
	}

	private async *bytes(): AsyncGenerator<Uint8Array> {
		const hash = createHash('sha256');
		let size = 0;
		for await (const chunk of this.open()) {
			size += chunk.byteLength;
			if (size > this.size) break;
			hash.update(chunk);
			yield chunk;
		}
		if (size !== this.size) throw wrongSize(this);
		this.sha256 = hash.digest('base64url');
	}
}

/** A body of another length than announced would wait for the missing bytes, or end in a broken connection. */
const wrongSize = ({ name, size }: FilePart) =>
	new InputError(
		`${name} does not have the ${size} bytes that n8n's store tells`,
		'The stored file is damaged. Have this workflow read the picture again. Nothing was sent.',
	);

function closed(): never {
	throw new Error('The file was closed');
}

type FormEntry = [name: string, value: string | FilePart];

/**
 * A multipart form whose files are streamed, so that no picture is held in memory.
 *
 * Relies on: n8n's HTTP helper hands its body to axios. Axios accepts any object that looks like the
 * web's `FormData` (`append`, the tag, an iterator), computes Content-Length from the sizes and reads
 * the files as streams. Checked in n8n 1.123.81 and 2.41.1 (axios: helpers/formDataToStream; core:
 * request-helper-functions, `convertN8nRequestToAxios`).
 */
export class MultipartForm {
	readonly [Symbol.toStringTag] = 'FormData';

	/** An own property: n8n takes a body without any for an empty one. */
	private readonly parts: FormEntry[] = [];

	append(name: string, value: string | FilePart): void {
		this.parts.push([name, value]);
	}

	/** A copy with one more text part; the files are shared, as each can be read again. */
	with(name: string, value: string): MultipartForm {
		const copy = new MultipartForm();
		for (const [part, content] of this.parts) copy.append(part, content);
		copy.append(name, value);
		return copy;
	}

	/** The text of a part, if it has one. */
	text(name: string): string | undefined {
		return this.texts().find(([part]) => part === name)?.[1];
	}

	texts(): Array<[name: string, text: string]> {
		return this.parts.filter((part): part is [string, string] => typeof part[1] === 'string');
	}

	files(): Array<[name: string, file: FilePart]> {
		return this.parts.filter((part): part is [string, FilePart] => typeof part[1] !== 'string');
	}

	/** Drops the files. Their names, sizes and hashes stay. */
	close(): void {
		for (const [, file] of this.files()) file.close();
	}

	/** The bytes of all files. */
	get size(): number {
		return this.files().reduce((sum, [, { size }]) => sum + size, 0);
	}

	/** The sizes of the files in bytes, by part. */
	sizes(): Record<string, number> {
		return Object.fromEntries(this.files().map(([part, { size }]) => [part, size]));
	}

	entries(): IterableIterator<FormEntry> {
		return this.parts[Symbol.iterator]();
	}

	[Symbol.iterator](): IterableIterator<FormEntry> {
		return this.entries();
	}
}
