import type {
	IAllExecuteFunctions,
	ICredentialDataDecryptedObject,
	IHttpRequestOptions,
	IExecuteFunctions,
} from 'n8n-workflow';

import { Deadline } from '../shared/cancellation';

/**
 * Sends a request with a credential that has been read already, until it is aborted. n8n's helper would
 * read and decrypt the credential again for each call.
 *
 * Relies on: the helper's fourth argument, `credentialsDecrypted`, which n8n itself uses to test
 * credentials. In place of the request's `abortSignal` the helper takes what `getExecutionCancelSignal` of
 * its context gives, where the context has that method. Checked in n8n 1.123.81 (core:
 * node-execution-context/utils/request-helper-functions, `httpRequestWithAuthentication`) and 2.41.1
 * (utils/request-helpers/authentication).
 * @param type the credential's type
 * @param signal aborts the request, and the reading of its answer
 * @throws what the helper throws
 */
export async function requestWithKnownCredential(
	context: Pick<IAllExecuteFunctions, 'helpers'>,
	type: string,
	data: ICredentialDataDecryptedObject,
	request: IHttpRequestOptions,
	signal: AbortSignal,
): Promise<unknown> {
	const { httpRequestWithAuthentication } = context.helpers;
	const credentialsDecrypted = { id: '', name: '', type, data };
	const scope = Object.create(context) as IAllExecuteFunctions;
	Object.assign(scope, { getExecutionCancelSignal: () => signal });
	return await httpRequestWithAuthentication.call(scope, type, request, { credentialsDecrypted });
}

/** A request with the time in milliseconds that it may take with all of its answer. */
export interface TimedRequest extends IHttpRequestOptions {
	timeout: number;
}

/**
 * Sends a request without a credential, and ends it in time: by itself, its timeout counts silence alone.
 * @throws what the helper throws
 */
export async function requestInTime(
	{ helpers }: { helpers: Pick<IAllExecuteFunctions['helpers'], 'httpRequest'> },
	request: TimedRequest,
): Promise<unknown> {
	const deadline = new Deadline(() => request.timeout);
	try {
		return (await helpers.httpRequest({ ...request, abortSignal: deadline.signal })) as unknown;
	} finally {
		deadline.end();
	}
}

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
