/** A file as axios reads it from a form: what a `File` of the web offers, fed from any stream. */
export class FilePart {
	readonly [Symbol.toStringTag] = 'File';

	/**
	 * @param name the file name
	 * @param type the content type
	 * @param size the exact number of bytes that `open` gives
	 * @param open starts reading from the first byte, each time it is called
	 */
	constructor(
		readonly name: string,
		readonly type: string,
		readonly size: number,
		private readonly open: () => AsyncIterable<Uint8Array>,
	) {}

	stream(): AsyncIterable<Uint8Array> {
		return this.open();
	}
}

type FormEntry = [name: string, value: string | FilePart];

/**
 * A multipart form that n8n's HTTP helper encodes itself. The helper hands its body to axios, which
 * takes any object that looks like the web's `FormData` (`append`, the tag, an iterator), computes
 * Content-Length from the sizes and pulls the files as streams, so no picture is held in memory.
 */
export class MultipartForm {
	readonly [Symbol.toStringTag] = 'FormData';

	/** An own property: n8n takes a body without any for an empty one. */
	private readonly parts: FormEntry[] = [];

	append(name: string, value: string | FilePart): void {
		this.parts.push([name, value]);
	}

	entries(): IterableIterator<FormEntry> {
		return this.parts[Symbol.iterator]();
	}

	[Symbol.iterator](): IterableIterator<FormEntry> {
		return this.entries();
	}
}
