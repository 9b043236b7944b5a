import { UseApiNetApi } from '../../credentials/UseApiNetApi.credentials';
import { UseApiNetDiscordApi } from '../../credentials/UseApiNetDiscordApi.credentials';

test('no other node than this package may use the Discord token', () => {
	expect(new UseApiNetDiscordApi().restrictToSupportedNodes).toBe(true);
	// A user may want calls that no operation makes.
	expect(new UseApiNetApi()).not.toHaveProperty('restrictToSupportedNodes');
});

test.each([new UseApiNetApi(), new UseApiNetDiscordApi()])(
	'the dialog says how to get the secret, with the page that its help opens',
	({ documentationUrl, properties }) => {
		const secret = properties.find(({ typeOptions }) => typeOptions?.password);
		expect(secret?.description).toContain(
			`<a href="${documentationUrl}" target="_blank">How to get`,
		);
	},
);
