/** A file of a form, with what axios reads of a web `File`. Its bytes come from any stream. */
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
		const value = this.parts.find(([part]) => part === name)?.[1];
		return typeof value === 'string' ? value : undefined;
	}

	/** The sizes of the files in bytes, by part. */
	sizes(): Record<string, number> {
		const files = this.parts.flatMap(([part, value]) =>
			typeof value === 'string' ? [] : [[part, value.size] as const],
		);
		return Object.fromEntries(files);
	}

	entries(): IterableIterator<FormEntry> {
		return this.parts[Symbol.iterator]();
	}

	[Symbol.iterator](): IterableIterator<FormEntry> {
		return this.entries();
	}
}
