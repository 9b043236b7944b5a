import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import { commonParts } from '../actions/fields';
import type { FormPart, OperationRequest, ReadParameter } from '../actions/types';
import type { ApiCall } from '../api/client';
import { MultipartForm } from '../api/form';
import { pictureFile } from './pictures';

/** Reads parameters of one item. */
export const parametersOf =
	(context: IExecuteFunctions, itemIndex: number): ReadParameter =>
	(name, fallback) =>
		context.getNodeParameter(name, itemIndex, fallback as never, {
			extractValue: true,
		}) as never;

/**
 * What one item sends. Everything the user entered is checked here, before anything is sent.
 * @throws InputError for what cannot be sent
 */
export async function callOf(
	context: IExecuteFunctions,
	request: OperationRequest,
	itemIndex: number,
	read: ReadParameter,
): Promise<ApiCall> {
	const { method, path, query, form, json } = request;
	const call: ApiCall = {
		method,
		path: typeof path === 'string' ? path : path(read),
		query: query?.(read),
	};
	if (form) call.body = await formOf(context, [...form, ...commonParts], itemIndex, read);
	if (json) call.body = json(read);
	return request.secret ? await withSecret(context, call, request.secret) : call;
}

async function formOf(
	context: IExecuteFunctions,
	parts: FormPart[],
	itemIndex: number,
	read: ReadParameter,
): Promise<MultipartForm> {
	const form = new MultipartForm();
	for (const part of parts) {
		const value =
			'picture' in part ? await pictureFile(context, itemIndex, part, read) : part.text(read);
		if (value) form.append(part.part, value);
	}
	return form;
}

async function withSecret(
	context: IExecuteFunctions,
	call: ApiCall,
	{ credential, property, field }: NonNullable<OperationRequest['secret']>,
): Promise<ApiCall> {
	const secret = String((await context.getCredentials(credential))[property]);
	return { ...call, body: { ...(call.body as IDataObject), [field]: secret }, secrets: [secret] };
}
