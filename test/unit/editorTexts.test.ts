/** The texts in place of n8n's own, where those would be wrong for these nodes. */
import { Workflow, type INode, type INodeTypes } from 'n8n-workflow';

import { InsightFaceSwap } from '../../nodes/InsightFaceSwap/InsightFaceSwap.node';
import { InsightFaceSwapTrigger } from '../../nodes/InsightFaceSwap/InsightFaceSwapTrigger.node';

const { description: trigger } = new InsightFaceSwapTrigger();

/** What the editor shows under a suspended node with these additional fields. */
function tooltip(additionalFields: INode['parameters']): string {
	const type = new InsightFaceSwap();
	const node: INode = {
		id: '1',
		name: 'InsightFaceSwap',
		type: 'insightFaceSwap',
		typeVersion: 1,
		position: [0, 0],
		parameters: { waitMode: 'suspend', additionalFields },
	};
	const nodeTypes = { getByNameAndVersion: () => type } as unknown as INodeTypes;
	const workflow = new Workflow({ nodes: [node], connections: {}, active: false, nodeTypes });
	const text = type.description.waitingNodeTooltip;
	return String(workflow.expression.getSimpleParameterValue(node, text, 'internal', {}));
}

test.each([{}, { maximumWait: 60 }, { maximumWait: '={{ $json.seconds }}' }])(
	'a suspended node with %j says what it waits for and what ends that',
	(additionalFields) => {
		expect(tooltip(additionalFields)).toMatch(
			/^Waiting for .* the end of the job.* Maximum Wait\./,
		);
	},
);

const { header, executionsHelp, activationHint } = trigger.triggerPanel as Record<string, string>;

test.each([
	['eventTriggerDescription', trigger.eventTriggerDescription],
	['activationMessage', trigger.activationMessage],
	['header', header],
	['executionsHelp', executionsHelp],
	['activationHint', activationHint],
])('%s of the trigger is one text for all ways of noticing jobs', (_name, text) => {
	expect(text).toMatch(/\bjobs?\b/);
	expect(text).not.toMatch(/^=|\bevents?\b|call|poll|reply url/i);
});
