import type { Icon, ICredentialType, INodeProperties } from 'n8n-workflow';

/**
 * The token of the Discord account that useapi.net uses. It gives full access to that account. It
 * therefore has a credential of its own, which only one operation asks for. The credential test
 * checks the token's form and does not call Discord.
 */
export class UseApiNetDiscordApi implements ICredentialType {
	name = 'useApiNetDiscordApi';

	displayName = 'useapi.net Discord API';

	icon: Icon = {
		light: 'file:../icons/insightfaceswap.svg',
		dark: 'file:../icons/insightfaceswap.dark.svg',
	};

	documentationUrl = 'https://useapi.net/docs/start-here/setup-faceswap';

	/** Or an HTTP Request node could send the token anywhere. n8n 1 does not know this and ignores it. */
	restrictToSupportedNodes = true as const;

	properties: INodeProperties[] = [
		{
			displayName:
				'A Discord token gives full access to its Discord account. Use an account made for this purpose only.',
			name: 'notice',
			type: 'notice',
			default: '',
		},
		{
			displayName: 'Discord Token',
			name: 'discordToken',
			type: 'string',
			typeOptions: { password: true },
			required: true,
			default: '',
			description:
				'The user token of the Discord account that useapi.net uses. <a href="https://useapi.net/docs/start-here/setup-faceswap" target="_blank">How to get it</a>.',
		},
	];
}
