import { isGenerated } from '../../nodes/InsightFaceSwap/execution/buildRequest';
import { jobStartedBy } from '../../nodes/InsightFaceSwap/execution/submission/reconcileSubmission';
import { MultipartForm } from '../../nodes/InsightFaceSwap/n8nCompat/multipartForm';

const uuid = '6c84fb90-12c4-41e1-840d-725140155d5f';
const generated = `n8n-${uuid}`;

test('a reply reference that the node has made up is known by its whole form', () => {
	expect(isGenerated(generated)).toBe(true);
});

test.each(['n8n-orders', `n8n-${uuid}-2`, uuid, '', undefined])(
	'a reply reference of the user is not taken for one of the node: %s',
	(reference) => {
		expect(isGenerated(reference)).toBe(false);
	},
);

describe('where the clock of n8n is ten minutes ahead of that of the API,', () => {
	const sentAt = Date.now();
	const created = new Date(sentAt - 600_000).toISOString();
	const found = (replyRef: string) => {
		const body = new MultipartForm();
		body.append('replyRef', replyRef);
		const call = { method: 'POST', path: '/v1/faceswap/picsi', body } as const;
		const job = { jobid: '1', verb: 'faceswap-picsi', replyRef, created };
		return jobStartedBy(call, sentAt, [job], { has: () => false, add: () => {} });
	};

	test('a job is found by a reference that the node has made up', () => {
		expect(found(generated)?.jobid).toBe('1');
	});

	test('one with a reference of the user may be an earlier one, and is not', () => {
		expect(found('order 1')).toBeUndefined();
	});
});
