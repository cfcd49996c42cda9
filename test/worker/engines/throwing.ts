throw new Error('it wants a database');
