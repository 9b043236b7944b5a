import type { INodeProperties } from 'n8n-workflow';

import { InputError, isJobId, requireText } from '../../shared/validation';
import type { ReadParameter } from '../types';

export const jobId: INodeProperties = {
	displayName: 'Job ID',
	name: 'jobId',
	type: 'string',
	default: '',
	required: true,
	placeholder: 'e.g. 8a1f574fdbf79e8cd57e070476d9d5f3',
	description: 'The jobId that the submission returned',
};

/** The query of the job endpoints. */
export const jobQuery = (read: ReadParameter) => ({ jobid: checkJobId(read('jobId')) });

function checkJobId(value: unknown): string {
	const id = requireText(value, 'Job ID');
	if (!isJobId(id)) {
		throw new InputError(
			'Job ID has characters that no job ID has',
			'Use the jobId of an earlier output, without quotes or spaces.',
		);
	}
	return id;
}
