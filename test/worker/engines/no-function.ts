export default { name: 'it is no function' };
