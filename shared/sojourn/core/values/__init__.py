"""What is said in one word: numbers, instants, local times, paths, ids, addresses."""
