import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { commonParts, generatedReference } from '../actions/fields';
import type { OperationRequest, ReadParameter, TextPart } from '../actions/types';
import { withTriggerSecret } from '../jobs/callbackSignature';
import type { ApiCall } from '../api/client';
import { MultipartForm } from '../n8nCompat/multipartForm';
import { InputError, requireText } from '../shared/validation';
import { pictureFile } from '../jobs/imageInput';

export { isGenerated } from '../actions/fields';

/**
 * What one item sends, but for the channel. Everything the user entered is checked here, before
 * anything is sent.
 * @throws InputError for what cannot be sent
 */
export async function buildRequest(
	context: IExecuteFunctions,
	request: OperationRequest,
	itemIndex: number,
	read: ReadParameter,
): Promise<ApiCall> {
	const { method, query, form, json, secret, anyAnswer } = request;
	const call: ApiCall = {
		method,
		path: pathOf(request, read),
		query: query?.(read),
		anyAnswer,
	};
	if (form) call.body = await formOf(context, request, itemIndex, read);
	if (json) call.body = await jsonOf(context, json(read));
	return secret ? await withSecret(context, call, secret, itemIndex) : call;
}

async function formOf(
	context: IExecuteFunctions,
	{ form: parts = [], effect }: OperationRequest,
	itemIndex: number,
	read: ReadParameter,
): Promise<MultipartForm> {
	const form = new MultipartForm();
	const filled = [...parts, ...commonParts].map(async (part) => ({
		name: part.part,
		value:
			'picture' in part
				? await pictureFile(context, itemIndex, part, read)
				: await textOf(context, part, read),
	}));
	for (const { name, value } of await Promise.all(filled)) if (value) form.append(name, value);
	return effect === 'submission' && form.text('replyRef') === undefined
		? form.with('replyRef', generatedReference())
		: form;
}

/** The path of an item's call. */
export const pathOf = ({ path }: OperationRequest, read: ReadParameter): string =>
	typeof path === 'string' ? path : path(read);

/** The texts of an item's form, as {@link buildRequest} fills them in. */
export async function textsOf(
	context: IExecuteFunctions,
	{ form: parts = [] }: OperationRequest,
	read: ReadParameter,
): Promise<Array<[name: string, text: string]>> {
	const texts: Array<[string, string]> = [];
	for (const part of [...parts, ...commonParts]) {
		const text = 'picture' in part ? undefined : await textOf(context, part, read);
		if (text) texts.push([part.part, text]);
	}
	return texts;
}

/** The text of a part. */
async function textOf(
	context: IExecuteFunctions,
	{ part, text }: TextPart,
	read: ReadParameter,
): Promise<string | undefined> {
	const value = text(read);
	return part === 'replyUrl' && value ? await withSecretOfTrigger(context, value) : value;
}

async function jsonOf(context: IExecuteFunctions, body: IDataObject): Promise<IDataObject> {
	const { replyUrl } = body;
	if (typeof replyUrl !== 'string' || !replyUrl) return body;
	return { ...body, replyUrl: await withSecretOfTrigger(context, replyUrl) };
}

/** A trigger may be the reply URL as n8n shows it: its secret is added. */
async function withSecretOfTrigger(context: IExecuteFunctions, value: string): Promise<string> {
	const { apiToken } = await context.getCredentials('useApiNetApi');
	return withTriggerSecret(value, String(apiToken ?? ''), new URL(resumeUrlOf(context)).origin);
}

/** The address that resumes this execution, below n8n's public webhook address. */
export const resumeUrlOf = (context: IExecuteFunctions): string =>
	(context.getWorkflowDataProxy(0).$execution as { resumeUrl: string }).resumeUrl;

/** The call as it is sent on a channel. */
export function withChannel(call: ApiCall, channel: string | undefined): ApiCall {
	const { body } = call;
	return channel && body instanceof MultipartForm
		? { ...call, body: body.with('channel', channel) }
		: call;
}

async function withSecret(
	context: IExecuteFunctions,
	call: ApiCall,
	{ credential, property, field, label }: NonNullable<OperationRequest['secret']>,
	itemIndex: number,
): Promise<ApiCall> {
	if (!context.getNode().credentials?.[credential]) {
		throw new InputError(
			`No credential with the ${label} is chosen`,
			'Choose or create one in "Credential for the Discord Account" at the top of the node.',
		);
	}
	const entered = (await context.getCredentials(credential, itemIndex))[property];
	const secret = requireText(entered, label);
	return { ...call, body: { ...(call.body as IDataObject), [field]: secret }, secrets: [secret] };
}
