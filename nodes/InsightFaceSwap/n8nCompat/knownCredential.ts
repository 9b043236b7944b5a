import type {
	IAllExecuteFunctions,
	ICredentialDataDecryptedObject,
	IHttpRequestOptions,
} from 'n8n-workflow';

/**
 * Sends a request with a credential that has been read already. n8n's helper would read and decrypt
 * it again for each call.
 *
 * Relies on: the helper's fourth argument, `credentialsDecrypted`, which n8n itself uses to test
 * credentials. Checked in n8n 1.123.81 (core: node-execution-context/utils/request-helper-functions,
 * `httpRequestWithAuthentication`) and 2.41.1 (utils/request-helpers/authentication).
 * @param type the credential's type
 * @throws what the helper throws
 */
export async function requestWithKnownCredential(
	context: Pick<IAllExecuteFunctions, 'helpers'>,
	type: string,
	data: ICredentialDataDecryptedObject,
	request: IHttpRequestOptions,
): Promise<unknown> {
	const { httpRequestWithAuthentication } = context.helpers;
	const credentialsDecrypted = { id: '', name: '', type, data };
	return await httpRequestWithAuthentication.call(context as IAllExecuteFunctions, type, request, {
		credentialsDecrypted,
	});
}
