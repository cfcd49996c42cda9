export default () => ({ name: 'power_shelf', classes: ['hw.**'], analyze: () => {} });
