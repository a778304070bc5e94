/** Addresses on the test server. */
export const databaseUrl = (serverUrl: string, database: string): string => {
  const url = new URL(serverUrl);
  url.pathname = `/${database}`;
  return url.toString();
};

const required = (name: string): string => {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set: run tests through jest's global setup`);
  return value;
};

export const testServer = () => ({
  ownerUrl: required('TW_TEST_OWNER_URL'),
  appUrl: required('TW_TEST_APP_URL'),
  template: required('TW_TEST_TEMPLATE'),
});

/** Database that holds the rated sample portfolio; made by the first test that asks for it, cloned by all. */
export const sampleTemplate = (): string => `${testServer().template}_sample`;
