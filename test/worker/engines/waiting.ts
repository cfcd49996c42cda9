export default () => ({ name: 'waiting', classes: ['**'], analyze: () => Promise.resolve() });
