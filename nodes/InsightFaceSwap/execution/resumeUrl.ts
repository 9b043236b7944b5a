import type { IDataObject, IExecuteFunctions } from 'n8n-workflow';

import type { ApiCall } from '../api/client';
import { isSigned, signed } from '../jobs/callbackSignature';
import { MultipartForm } from '../n8nCompat/multipartForm';
import { InputError } from '../shared/validation';
import type { Item } from './item';
import type { Run } from './run';

/** What an item said when it was suspended. Its parameters cannot be read again: n8n has replaced its input. */
export interface Suspended {
	simplify: boolean;
	/** The binary field of the first result; empty where no results are downloaded. */
	field: string;
}

const SIMPLIFY = 'simplify';
const FIELD = 'field';

/** The address that resumes this execution, below n8n's public webhook address. */
export const resumeUrlOf = (context: IExecuteFunctions): string =>
	(context.getWorkflowDataProxy(0).$execution as { resumeUrl: string }).resumeUrl;

/**
 * What the secret of a resume URL is derived from: the execution that it resumes, the reference of the job, and what
 * the item said. Another execution with the same reference has another secret.
 */
const resumePath = (
	executionId: string,
	replyRef: string,
	{ simplify, field }: Suspended,
): string => `resume/${executionId}/${replyRef}/${simplify}/${field}`;

/**
 * The call with the execution's resume URL as its reply URL, signed for this job alone.
 * @throws InputError when the user has set a reply URL
 */
export async function withResumeUrl(
	{ context, token }: Run,
	{ settings }: Item,
	call: ApiCall,
): Promise<ApiCall> {
	const { body } = call;
	if (!(body instanceof MultipartForm)) return call;
	if (body.text('replyUrl')) {
		throw new InputError(
			'Reply URL cannot be set together with Pause the Workflow',
			'The callback resumes the execution. Remove Reply URL, or have the node check until the result is there.',
		);
	}
	const said = {
		simplify: settings.simplify,
		field: settings.downloadResults ? settings.outputField : '',
	};
	const url = new URL(resumeUrlOf(context));
	url.searchParams.set(SIMPLIFY, String(said.simplify));
	url.searchParams.set(FIELD, said.field);
	const path = resumePath(context.getExecutionId(), body.text('replyRef') ?? '', said);
	return { ...call, body: body.with('replyUrl', signed(url.toString(), token, path)) };
}

/**
 * Reads the query of a call to a resume URL.
 * @param replyRef the reference of the job
 * @returns what the item said; nothing where the secret is missing or wrong
 */
export function suspendedBy(
	query: IDataObject,
	token: string,
	executionId: string,
	replyRef: string,
): Suspended | undefined {
	const said = { simplify: query[SIMPLIFY] !== 'false', field: String(query[FIELD] ?? '') };
	return isSigned(query, token, resumePath(executionId, replyRef, said)) ? said : undefined;
}
