import type { INodePropertyRegexValidation } from 'n8n-workflow';

import { channel } from '../../nodes/InsightFaceSwap/actions/fields';

test.each([
	['', true],
	[' 112227748182245616 ', true],
	['112227748182245616', true],
	['general', false],
])('the editor takes %j as a channel by ID: %s', (id, isTaken) => {
	const mode = channel({ description: '' }).modes?.find(({ name }) => name === 'id');
	const [validation] = mode?.validation ?? [];
	const { properties } = validation as INodePropertyRegexValidation;
	expect(new RegExp(properties.regex).test(id)).toBe(isTaken);
});
