import type { IExecuteFunctions } from 'n8n-workflow';

type Storable = Parameters<IExecuteFunctions['helpers']['prepareBinaryData']>[0];

/**
 * A stream that n8n's store of binary data takes. Community nodes may not import Node's streams, so
 * it is made by the class of a stream that n8n has returned.
 *
 * Relies on: `httpRequest` with `encoding: 'stream'` returns a `Readable` of Node, whose class has
 * `from`. Checked in n8n 1.123.81 (core: request-helper-functions, `httpRequest`) and 2.41.1
 * (request-helpers/request).
 * @param stream a stream that n8n's HTTP helper has returned
 */
export function storable(
	stream: AsyncIterable<Uint8Array>,
	bytes: AsyncIterable<Uint8Array>,
): Storable {
	const { from } = stream.constructor as unknown as {
		from: (bytes: AsyncIterable<Uint8Array>) => Storable;
	};
	return from(bytes);
}
