typedef int train_room;
