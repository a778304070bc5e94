/** Order of the page as the generator has it, with the published operations beside the fields that they ask for. */
'use strict';

const arrange = require('spectaql/dist/themes/default/data').default;
const { published } = require(process.env.REFERENCE_EXAMPLES);

const withPublished = (item) => ({
  ...item,
  ...(item.items === undefined ? {} : { items: item.items.filter(Boolean).map(withPublished) }),
  ...(item.isQuery || item.isMutation || item.isSubscription ? { published: published[item.name] ?? [] } : {}),
});

module.exports = (given) => arrange(given).map(withPublished);
