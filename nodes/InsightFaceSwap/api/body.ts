/** The most bytes of an answer that are read, unpacked. A list of a thousand jobs has some three million. */
const MAX_BYTES = 16 * 1024 * 1024;

/**
 * Reads the body of an answer.
 * @returns parsed JSON; the text where it is none; undefined where it has more than 16 MB
 * @throws where the connection breaks
 */
export async function readBody(body: AsyncIterable<Uint8Array>): Promise<unknown> {
	const chunks: Uint8Array[] = [];
	let size = 0;
	for await (const chunk of body) {
		size += chunk.byteLength;
		if (size > MAX_BYTES) return undefined;
		chunks.push(chunk);
	}
	return parsed(
		Buffer.concat(chunks)
			.toString()
			.replace(/^\uFEFF/, ''),
	);
}

function parsed(text: string): unknown {
	try {
		return JSON.parse(text);
	} catch {
		return text;
	}
}
