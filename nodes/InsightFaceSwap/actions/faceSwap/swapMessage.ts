import { endpoints } from '../../api/endpoints';
import { ownChannel, pictureCommandFields } from '../fields';
import { requireSnowflake } from '../../shared/validation';
import type { Operation } from '../types';

export const swapMessage: Operation = {
	value: 'swapMessage',
	name: 'Swap Message',
	action: 'Swap the default identity into the picture of a message',
	description: 'Set the default identity into a picture that was posted in the channel',
	properties: [
		{
			displayName: 'Message ID',
			name: 'messageId',
			type: 'string',
			default: '',
			required: true,
			placeholder: 'e.g. 1203456789012345678',
			description: 'The Discord message, in the same channel, that holds the picture',
		},
		ownChannel,
		...pictureCommandFields(),
	],
	request: {
		method: 'POST',
		path: endpoints.swapMessage,
		effect: 'submission',
		form: [
			{
				part: 'targetMessageId',
				text: (read) => requireSnowflake(read('messageId'), 'Message ID'),
			},
		],
	},
	answer: { of: 'job', until: 'ended' },
};
